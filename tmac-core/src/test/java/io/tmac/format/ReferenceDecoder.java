package io.tmac.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The formats once more, element by element and with no thought of speed: element {@code i} of a
 * flat array is in block {@code i / blockSize}. Written from the layouts, not from the decoders.
 */
final class ReferenceDecoder {
  private ReferenceDecoder() {}

  /** The value at a row and column of a tensor of {@code rows x cols}. */
  static float value(WeightFormat format, byte[] data, int rows, int cols, int row, int col) {
    ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    int i = row * cols + col;
    return switch (format) {
      case F32() -> in.getFloat(4 * i);
      case Int4() -> {
        int block = i / 32 * 18;
        int pair = data[block + 2 + i % 32 / 2];
        int nibble = i % 2 == 0 ? pair & 0x0f : (pair & 0xf0) >> 4;
        yield (nibble - 8) * float16(in.getShort(block));
      }
      case Int8(Int8.Layout layout, int size) when layout == Int8.Layout.GROUPS -> {
        int group = i / size * (2 + size);
        yield data[group + 2 + i % size] * float16(in.getShort(group));
      }
      case Int8(Int8.Layout _, int size) -> data[i] * in.getFloat(rows * cols + i / size * 4);
      case TernaryV1() -> ternary(data[i / 4], i % 4);
      case TernaryV2() -> {
        int start = row * (2 + (cols + 3) / 4);
        yield ternary(data[start + 2 + col / 4], col % 4) * float16(in.getShort(start));
      }
      case HalfFloat _, GgufFormat _, I2s _, PackedTernary _, PluginFormat _ ->
          throw new IllegalArgumentException(format.id());
    };
  }

  /** Bytes of a tensor. */
  static int byteSize(WeightFormat format, int rows, int cols) {
    int n = rows * cols;
    return switch (format) {
      case F32() -> 4 * n;
      case Int4() -> (n + 31) / 32 * 18;
      case Int8(Int8.Layout layout, int size) when layout == Int8.Layout.GROUPS ->
          (n + size - 1) / size * (2 + size);
      case Int8(Int8.Layout _, int size) -> n + (n + size - 1) / size * 4;
      case TernaryV1() -> (n + 3) / 4;
      case TernaryV2() -> rows * (2 + (cols + 3) / 4);
      case HalfFloat _, GgufFormat _, I2s _, PackedTernary _, PluginFormat _ ->
          throw new IllegalArgumentException(format.id());
    };
  }

  /** One of the four codes of a byte: 0, +1, -1; the code 10 has no value. */
  static float ternary(byte codes, int index) {
    return switch (codes >> (2 * index) & 3) {
      case 0 -> 0;
      case 1 -> 1;
      case 3 -> -1;
      default -> throw new IllegalArgumentException("undefined code in " + codes);
    };
  }

  /** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
  static float float16(short bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double magnitude =
        switch (exponent) {
          case 0 -> fraction * Math.pow(2, -24);
          case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> (1024 + fraction) * Math.pow(2, exponent - 25);
        };
    return (float) (bits < 0 ? -magnitude : magnitude);
  }
}
