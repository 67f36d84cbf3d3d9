package io.tmac.testing;

import java.util.Random;

/**
 * Writes a random tensor in some format. It chooses codes and scales, not weights, so that the
 * values are exactly what the bytes mean.
 */
@FunctionalInterface
public interface Encoding {

  /**
   * A tensor.
   *
   * @param bytes as a file holds it
   * @param values what they mean, row after row
   */
  record Encoded(byte[] bytes, float[] values) {}

  /** Makes a tensor of {@code rows x cols} with values of about {@code 1 / sqrt(cols)}. */
  Encoded encode(int rows, int cols, Random random);

  /** IEEE 754 binary32. */
  static Encoded float32(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(cols));
      out.float32(values[i]);
    }
    return new Encoded(out.toByteArray(), values);
  }

  /** Q4V1: flat blocks of 32, a float16 scale and 16 bytes, even elements in the low halves. */
  static Encoded q4v1(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int first = 0; first < values.length; first += 32) {
      float scale = out.float16(scale(cols, 7, random));
      for (int pair = 0; pair < 16; pair++) {
        int low = random.nextInt(16);
        int high = random.nextInt(16);
        out.write(low | high << 4);
        put(values, first + 2 * pair, (low - 8) * scale);
        put(values, first + 2 * pair + 1, (high - 8) * scale);
      }
    }
    return new Encoded(out.toByteArray(), values);
  }

  /** Q8V1: flat blocks of 32, a float16 scale and 32 int8. */
  static Encoded q8v1(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int first = 0; first < values.length; first += 32) {
      float scale = out.float16(scale(cols, 127, random));
      for (int i = 0; i < 32; i++) {
        byte code = (byte) random.nextInt(256);
        out.write(code);
        put(values, first + i, code * scale);
      }
    }
    return new Encoded(out.toByteArray(), values);
  }

  /** IEEE 754 binary16. */
  static Encoded float16(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = out.float16((float) (random.nextGaussian() / Math.sqrt(cols)));
    }
    return new Encoded(out.toByteArray(), values);
  }

  /** GGUF's Q4_1: float16 scale and minimum, 16 bytes, the first 16 elements in the low halves. */
  static Encoded q4Above(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int first = 0; first < values.length; first += 32) {
      float scale = out.float16(scale(cols, 7, random));
      float minimum = out.float16((float) (random.nextGaussian() / Math.sqrt(cols)));
      for (int i = 0; i < 16; i++) {
        int low = random.nextInt(16);
        int high = random.nextInt(16);
        out.write(low | high << 4);
        values[first + i] = low * scale + minimum;
        values[first + i + 16] = high * scale + minimum;
      }
    }
    return new Encoded(out.toByteArray(), values);
  }

  /** GGUF's Q5_1: as Q4_1, with the fifth bit of element i in bit i of 32. */
  static Encoded q5Above(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int first = 0; first < values.length; first += 32) {
      float scale = out.float16(scale(cols, 15, random));
      float minimum = out.float16((float) (random.nextGaussian() / Math.sqrt(cols)));
      int fifth = random.nextInt();
      out.int32(fifth);
      for (int i = 0; i < 16; i++) {
        int low = random.nextInt(16);
        int high = random.nextInt(16);
        out.write(low | high << 4);
        values[first + i] = (low | (fifth >> i & 1) << 4) * scale + minimum;
        values[first + i + 16] = (high | (fifth >> i + 16 & 1) << 4) * scale + minimum;
      }
    }
    return new Encoded(out.toByteArray(), values);
  }

  /** GGUF's I2_S: blocks of 128, element i of a block in byte i % 32, the first highest. */
  static Encoded i2s(int rows, int cols, Random random) {
    float[] values = new float[rows * cols];
    float scale = scale(cols, 1, random);
    byte[] codes = new byte[values.length / 4];
    for (int i = 0; i < values.length; i++) {
      int code = random.nextInt(3);
      values[i] = (code - 1) * scale;
      codes[i / 128 * 32 + i % 32] |= (byte) (code << 6 - 2 * (i % 128 / 32));
    }
    FileBytes out = new FileBytes();
    out.writeBytes(codes);
    out.float32(scale);
    out.writeBytes(new byte[28]);
    return new Encoded(out.toByteArray(), values);
  }

  /** llama2.c v2: all int8, then a float32 scale for each group of the flat array. */
  static Encoding int8(int groupSize) {
    return (rows, cols, random) -> {
      FileBytes out = new FileBytes();
      float[] values = new float[rows * cols];
      byte[] codes = new byte[values.length];
      random.nextBytes(codes);
      out.writeBytes(codes);
      for (int first = 0; first < values.length; first += groupSize) {
        float scale = scale(cols, 127, random);
        out.float32(scale);
        for (int i = first; i < first + groupSize; i++) {
          values[i] = codes[i] * scale;
        }
      }
      return new Encoded(out.toByteArray(), values);
    };
  }

  /** TMAC: two bits a weight, four to a byte, as one flat array; no scale. */
  static Encoded tmac(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    ternary(out, values, 0, values.length, 1, random);
    return new Encoded(out.toByteArray(), values);
  }

  /** TM2: for each row a float16 scale and its codes, padded to a byte. */
  static Encoded tm2(int rows, int cols, Random random) {
    FileBytes out = new FileBytes();
    float[] values = new float[rows * cols];
    for (int row = 0; row < rows; row++) {
      float scale = out.float16(scale(cols, 1, random));
      ternary(out, values, row * cols, cols, scale, random);
    }
    return new Encoded(out.toByteArray(), values);
  }

  private static void ternary(
      FileBytes out, float[] values, int first, int count, float scale, Random random) {
    int bits = 0;
    for (int i = 0; i < count; i++) {
      int weight = random.nextInt(3) - 1;
      values[first + i] = weight * scale;
      bits |= (weight & 3) << (i % 4 * 2);
      if (i % 4 == 3 || i == count - 1) {
        out.write(bits);
        bits = 0;
      }
    }
  }

  private static float scale(int cols, int maxCode, Random random) {
    return (float) ((0.5 + random.nextDouble()) / (maxCode * Math.sqrt(cols)));
  }

  /** Drops the padding of a last block. */
  private static void put(float[] values, int index, float value) {
    if (index < values.length) {
      values[index] = value;
    }
  }
}
