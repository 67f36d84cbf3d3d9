package io.tmac;

/** The root of all exceptions that this library defines. Unchecked. */
public class TmacException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception.
   *
   * @param message what happened, with the values, and what to do about it
   */
  public TmacException(String message) {
    super(message);
  }

  /**
   * Creates an exception with a cause.
   *
   * @param message what happened, with the values, and what to do about it
   * @param cause the underlying failure
   */
  public TmacException(String message, Throwable cause) {
    super(message, cause);
  }
}
