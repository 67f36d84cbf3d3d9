package io.tmac.checkpoint.gguf;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A GGUF file of version 2 or 3, read but not copied: its metadata and the table of its tensors.
 *
 * <pre>
 *   "GGUF" | uint32 version | uint64 tensors | uint64 entries
 *   entries x metadata (see {@link GgufMetadata})
 *   tensors x  string name | uint32 n, 1 to 4 | n x uint64 dimension, columns first | uint32 type
 *              | uint64 offset in the data
 *   padding to general.alignment
 *   data
 *
 *   string:  uint64 bytes | UTF-8
 * </pre>
 *
 * <p>What the tensors' types mean is not looked at here: a file that holds a vocabulary alone, or
 * tensors of unknown types, can be read for its metadata.
 *
 * @param source the file's name, for messages
 * @param version 2 or 3, which differ in nothing that is read here
 * @param metadata the metadata
 * @param tensors the tensors, in file order
 * @param dataOffset offset of the data in the file
 * @param file the whole file
 */
public record GgufFile(
    String source,
    int version,
    GgufMetadata metadata,
    List<GgufTensor> tensors,
    long dataOffset,
    MemorySegment file) {

  /** The first four bytes. */
  public static final String MAGIC = "GGUF";

  private static final String ALIGNMENT = "general.alignment";
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MIN_ALIGNMENT = 8;
  private static final int MAX_ALIGNMENT = 1 << 20;

  private static final int MAX_DIMENSIONS = 4;

  /** A name of at least one byte, one dimension, type and offset. */
  private static final int MIN_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

  /**
   * Reads the header, the metadata and the table of tensors.
   *
   * @param source the file's name, for messages
   * @param file the file's bytes
   * @return the file
   * @throws ModelFormatException if it is damaged or no GGUF file
   * @throws UnsupportedModelException if it is of another version
   */
  public static GgufFile read(String source, MemorySegment file) {
    GgufCursor in = new GgufCursor(source, file);
    String magic = in.ascii(4, "magic");
    if (!magic.equals(MAGIC)) {
      throw in.fault(0, MAGIC, magic);
    }
    int version = in.int32("version");
    if (version != 2 && version != 3) {
      boolean bigEndian = Integer.reverseBytes(version) == 3;
      throw new UnsupportedModelException(
          source,
          4,
          "GGUF version 2 or 3",
          bigEndian ? "a big-endian file" : "version " + Integer.toUnsignedString(version));
    }
    long tensorCount = in.uint64("the number of tensors");
    long entryCount = in.uint64("the number of metadata entries");
    GgufMetadata metadata = GgufMetadata.read(in, entryCount);
    int alignment = alignment(metadata);
    in.requireRoom(tensorCount, MIN_TENSOR_BYTES, "tensors");
    List<GgufTensor> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < tensorCount; i++) {
      long start = in.position();
      GgufTensor tensor = tensor(in, alignment);
      if (!names.add(tensor.name())) {
        throw in.fault(start, "names that differ", "a second tensor " + tensor.name());
      }
      tensors.add(tensor);
    }
    long dataOffset = Math.ceilDiv(in.position(), alignment) * (long) alignment;
    return new GgufFile(source, version, metadata, List.copyOf(tensors), dataOffset, file);
  }

  private static int alignment(GgufMetadata metadata) {
    long alignment = metadata.integer(ALIGNMENT).orElse(DEFAULT_ALIGNMENT);
    if (alignment < MIN_ALIGNMENT || alignment > MAX_ALIGNMENT || Long.bitCount(alignment) != 1) {
      throw metadata.fault(
          ALIGNMENT, "a power of two from " + MIN_ALIGNMENT + " to " + MAX_ALIGNMENT, alignment);
    }
    return (int) alignment;
  }

  private static GgufTensor tensor(GgufCursor in, int alignment) {
    long start = in.position();
    String name = in.string(GgufTensor.MAX_NAME_BYTES, "a tensor's name");
    if (name.isEmpty()) {
      throw in.fault(start, "a tensor's name", "an empty name");
    }
    long at = in.position();
    int count = in.int32("the number of dimensions of " + name);
    if (count < 1 || count > MAX_DIMENSIONS) {
      throw in.fault(
          at,
          "1 to " + MAX_DIMENSIONS + " dimensions of " + name,
          Integer.toUnsignedString(count) + " dimensions");
    }
    long[] dimensions = new long[count];
    long elements = 1;
    for (int i = 0; i < count; i++) {
      at = in.position();
      dimensions[i] = in.uint64("a dimension of " + name);
      boolean fits = dimensions[i] > 0 && Math.multiplyHigh(elements, dimensions[i]) == 0;
      elements *= dimensions[i];
      if (!fits || elements < 0) {
        throw in.fault(
            at,
            "dimensions of " + name + " above 0, whose product is below 2^63",
            Arrays.toString(Arrays.copyOf(dimensions, i + 1)));
      }
    }
    int type = in.int32("the type of " + name);
    at = in.position();
    long offset = in.uint64("the offset of " + name);
    if (offset < 0 || offset > in.size() || offset % alignment != 0) {
      throw in.fault(
          at,
          "an offset of " + name + " inside the file that is a multiple of " + alignment,
          Long.toUnsignedString(offset));
    }
    List<Long> shape = Arrays.stream(dimensions).boxed().toList();
    return new GgufTensor(name, shape, type, offset, start);
  }
}
