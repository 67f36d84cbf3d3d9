package io.tmac;

/** A file is well formed, or of a known kind, but of a variant that this library does not run. */
public class UnsupportedModelException extends ModelFormatException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception.
   *
   * @param file the file, or the name its bytes were given
   * @param offset the byte offset that tells the variant
   * @param expected what is supported
   * @param found the variant
   */
  public UnsupportedModelException(String file, long offset, String expected, String found) {
    super(file, offset, expected, found);
  }
}
