package io.tmac;

/**
 * A model or tokenizer file is not what its format demands. The message names the file, the byte
 * offset, what was expected there and what was found.
 */
public class ModelFormatException extends TmacException {
  private static final long serialVersionUID = 1L;

  /** The file, or the name its bytes were given. */
  private final String file;

  /** The byte offset of the fault. */
  private final long offset;

  /** What should be at that place. */
  private final String expected;

  /** What is there. */
  private final String found;

  /**
   * Creates an exception.
   *
   * @param file the file, or the name its bytes were given
   * @param offset the byte offset of the fault
   * @param expected what should be at that place
   * @param found what is there
   */
  public ModelFormatException(String file, long offset, String expected, String found) {
    super(file + ": at offset " + offset + ": expected " + expected + ", found " + found);
    this.file = file;
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }

  /**
   * The faulty file.
   *
   * @return the file, or the name its bytes were given
   */
  public String file() {
    return file;
  }

  /**
   * The place of the fault.
   *
   * @return bytes from the start of the file
   */
  public long offset() {
    return offset;
  }

  /**
   * What the format demands.
   *
   * @return what should be at that place
   */
  public String expected() {
    return expected;
  }

  /**
   * What the file holds.
   *
   * @return what is at that place
   */
  public String found() {
    return found;
  }
}
