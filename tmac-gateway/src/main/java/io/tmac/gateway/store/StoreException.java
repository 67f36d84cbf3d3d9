package io.tmac.gateway.store;

/** The database cannot be used. Its message is one sentence without secrets. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Creates an error with one sentence. */
  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
