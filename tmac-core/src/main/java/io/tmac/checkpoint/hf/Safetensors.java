package io.tmac.checkpoint.hf;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.format.F32;
import io.tmac.format.HalfFloat;
import io.tmac.format.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file, read but not copied.
 *
 * <pre>
 *   uint64 N | N bytes of JSON, maybe ending with spaces | data
 *
 *   {"NAME": {"dtype": "BF16", "shape": [rows, cols], "data_offsets": [begin, end]}, ...,
 *    "__metadata__": {strings}}
 * </pre>
 *
 * <p>Offsets count from the start of the data, which the tensors fill without holes or overlaps.
 */
final class Safetensors {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final String METADATA = "__metadata__";
  private static final int MAX_DIMENSIONS = 8;

  /** The types of elements. */
  enum Dtype {
    F64(8),
    F32(4),
    F16(2),
    BF16(2),
    I64(8),
    U64(8),
    I32(4),
    U32(4),
    I16(2),
    U16(2),
    I8(1),
    U8(1),
    BOOL(1);

    final int bytes;

    Dtype(int bytes) {
      this.bytes = bytes;
    }

    /** The weight format of such elements, if they are floats that this library reads. */
    Optional<WeightFormat> format() {
      return switch (this) {
        case F32 -> Optional.of(new F32());
        case F16 -> Optional.of(HalfFloat.F16);
        case BF16 -> Optional.of(HalfFloat.BF16);
        default -> Optional.empty();
      };
    }
  }

  /**
   * A tensor.
   *
   * @param file the file it is in, for messages
   * @param offset where its bytes begin there
   * @param shape its dimensions; the last one's elements are neighbours
   */
  record Tensor(
      String file, String name, Dtype dtype, long[] shape, long offset, MemorySegment data) {

    /** Rows of a matrix, 1 for a vector or a single number; 0 if there are none. */
    long rows() {
      long rows = 1;
      for (int i = 0; i < shape.length - 1; i++) {
        rows *= shape[i];
      }
      return rows;
    }

    long cols() {
      return shape.length == 0 ? 1 : shape[shape.length - 1];
    }

    /** Whether rows and columns can be those of a matrix. */
    boolean isMatrix() {
      return rows() > 0 && rows() <= Integer.MAX_VALUE && cols() > 0 && cols() <= Integer.MAX_VALUE;
    }

    ModelFormatException fault(String expected, String found) {
      return new ModelFormatException(file, offset, "tensor " + name + " to be " + expected, found);
    }

    UnsupportedModelException unsupported(String expected, String found) {
      return new UnsupportedModelException(
          file, offset, "tensor " + name + " to be " + expected, found);
    }
  }

  private final String source;
  private final MemorySegment file;
  private final long dataStart;

  private Safetensors(String source, MemorySegment file, long dataStart) {
    this.source = source;
    this.file = file;
    this.dataStart = dataStart;
  }

  /** The tensors of a file in the order of their data. */
  static Map<String, Tensor> read(String source, MemorySegment file) {
    if (file.byteSize() < Long.BYTES) {
      throw new ModelFormatException(
          source, 0, "a safetensors file", file.byteSize() + " bytes, too few for its header");
    }
    long length = file.get(LONG, 0);
    long most = Math.min(file.byteSize() - Long.BYTES, JsonDocument.MAX_BYTES);
    if (length < 2 || length > most) {
      throw new ModelFormatException(
          source,
          0,
          "a header length from 2 to " + most,
          Long.toUnsignedString(length) + "; the file is cut short or no safetensors file");
    }
    MemorySegment header = file.asSlice(Long.BYTES, length);
    if (header.get(ValueLayout.JAVA_BYTE, 0) != '{') {
      throw new ModelFormatException(
          source, Long.BYTES, "a header that begins with {", "another character");
    }
    JsonObject json = JsonDocument.read(source, Long.BYTES, header);
    return new Safetensors(source, file, Long.BYTES + length).tensors(json);
  }

  private Map<String, Tensor> tensors(JsonObject header) {
    List<Tensor> tensors = new ArrayList<>();
    for (String name : header.names()) {
      JsonObject entry =
          header.object(name).orElseThrow(() -> header.fault(name, "an object", "null"));
      if (!name.equals(METADATA)) {
        tensors.add(tensor(name, entry));
      }
    }
    tensors.sort(
        Comparator.comparingLong(Tensor::offset).thenComparingLong(t -> t.data().byteSize()));
    Map<String, Tensor> byName = new LinkedHashMap<>();
    long end = dataStart;
    for (Tensor tensor : tensors) {
      if (tensor.offset() != end) {
        throw tensor.fault(
            "at offset " + (end - dataStart) + " of the data, behind the tensor before it",
            "offset " + (tensor.offset() - dataStart));
      }
      end += tensor.data().byteSize();
      byName.put(tensor.name(), tensor);
    }
    if (end != file.byteSize()) {
      throw new ModelFormatException(
          source,
          end,
          "the end of the file after the last tensor",
          file.byteSize() - end + " more bytes");
    }
    return byName;
  }

  private Tensor tensor(String name, JsonObject entry) {
    String type =
        entry.string("dtype").orElseThrow(() -> entry.fault(name + ".dtype", "a type", "nothing"));
    Dtype dtype = dtype(name, type, entry);
    long[] shape = entry.wholeNumbers("shape").stream().mapToLong(Long::longValue).toArray();
    if (!entry.has("shape") || shape.length > MAX_DIMENSIONS) {
      throw entry.fault(
          name + ".shape", "at most " + MAX_DIMENSIONS + " dimensions", shape.length + " numbers");
    }
    long bytes = bytes(name, dtype, shape, entry);
    List<Long> offsets = entry.wholeNumbers("data_offsets");
    if (offsets.size() != 2) {
      throw entry.fault(name + ".data_offsets", "two numbers", offsets.size() + " numbers");
    }
    long begin = offsets.getFirst();
    long end = offsets.getLast();
    long data = file.byteSize() - dataStart;
    if (begin > end || end > data) {
      throw entry.fault(
          name + ".data_offsets",
          "a range within the " + data + " bytes of data",
          begin + " to " + end + "; the file may be cut short");
    }
    if (end - begin != bytes) {
      throw entry.fault(
          name + ".data_offsets",
          "a range of " + bytes + " bytes, as its shape and type say",
          end - begin + " bytes");
    }
    long offset = dataStart + begin;
    return new Tensor(source, name, dtype, shape, offset, file.asSlice(offset, bytes));
  }

  private static Dtype dtype(String name, String type, JsonObject entry) {
    for (Dtype dtype : Dtype.values()) {
      if (dtype.name().equals(type)) {
        return dtype;
      }
    }
    throw entry.unsupported(name + ".dtype", "F32, F16, BF16, or U8 for packed weights", type);
  }

  private static long bytes(String name, Dtype dtype, long[] shape, JsonObject entry) {
    try {
      long elements = 1;
      for (long dimension : shape) {
        elements = Math.multiplyExact(elements, dimension);
      }
      return Math.multiplyExact(elements, (long) dtype.bytes);
    } catch (ArithmeticException e) {
      throw entry.fault(name + ".shape", "a size below 2^63 bytes", "more");
    }
  }
}
