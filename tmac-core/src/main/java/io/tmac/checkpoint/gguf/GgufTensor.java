package io.tmac.checkpoint.gguf;

import java.util.List;

/**
 * An entry in a GGUF file's table of tensors.
 *
 * @param name its name
 * @param dimensions 1 to 4 dimensions, the columns first; their product is below 2^63
 * @param type the number of its type, which need not be a known one
 * @param offset offset in the data of the file, at most the size of the file
 * @param entryOffset offset of this entry in the file, for messages
 */
public record GgufTensor(
    String name, List<Long> dimensions, int type, long offset, long entryOffset) {
  /** Longest name in bytes. */
  static final int MAX_NAME_BYTES = 64;

  /** Returns the number of columns. */
  public long cols() {
    return dimensions.getFirst();
  }

  /** Returns the number of rows; more than two dimensions are rows of rows. */
  public long rows() {
    return dimensions.stream().skip(1).reduce(1L, (a, b) -> a * b);
  }
}
