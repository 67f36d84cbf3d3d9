package io.tmac.model;

import io.tmac.TmacException;
import io.tmac.format.F32;
import io.tmac.format.HalfFloat;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Rounds float matrices while a model is loaded, one after the other. Each row (TernaryV2) or block
 * of 32 weights (Int4) gets the codes and the scale of about the least squared error by itself; the
 * classifier gets 8 bits, which cost nothing measurable and run on the integer kernel.
 *
 * @param format what the matrices of the layers become: Int4 or TernaryV2
 */
record LoadQuantizer(WeightFormat format) {
  private static final WeightFormat CLASSIFIER = new Int8(Int8.Layout.GROUPS, LoadQuantizer.BLOCK);
  private static final int BLOCK = 32;

  private static final float MAX_SCALE = 65504; // of float16
  private static final int ALIGNMENT = 64;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** What the weight of the largest magnitude of a block may become; codes reach from -8 to 7. */
  private static final float[] TARGETS = {
    -9, -8.5f, -8, -7.5f, -7, -6.5f, -6, -5, 5, 6, 6.5f, 7, 7.25f, 7.5f, 8, 8.5f
  };

  /** Adding it to a small float and taking it off again rounds half to even. */
  private static final float ROUNDING = 0x1.8p23f;

  /** Whether a matrix has float weights. Others stay as they are. */
  static boolean takes(Matrix matrix) {
    return matrix.format() instanceof F32 || matrix.format() instanceof HalfFloat;
  }

  /**
   * Rounds a matrix.
   *
   * @param matrix float weights
   * @param classifier whether it makes the logits
   * @param arena owner of the result
   * @param pool threads that share the work
   * @return the rounded matrix
   * @throws TmacException if a weight is NaN or infinite
   */
  Matrix quantize(Matrix matrix, boolean classifier, Arena arena, WorkerPool pool) {
    WeightFormat target = classifier ? CLASSIFIER : format;
    int rows = matrix.rows();
    int cols = matrix.cols();
    MemorySegment data = arena.allocate(target.byteSize(rows, cols), ALIGNMENT);
    int unitRows = BLOCK >> Math.min(5, Integer.numberOfTrailingZeros(cols));
    pool.run(
        Math.ceilDiv(rows, unitRows),
        (from, to, worker) -> {
          Encoder encoder = new Encoder(target, unitRows, cols);
          for (int first = from * unitRows; first < Math.min(to * unitRows, rows); ) {
            int count = Math.min(unitRows, rows - first);
            encoder.read(matrix, first, count);
            encoder.encode(count, data.asSlice(target.byteSize(first, cols)));
            first += count;
          }
        });
    return new Matrix(matrix.name(), rows, cols, target, data, 0);
  }

  /** Encodes as many rows at a time as end with a block. */
  private static final class Encoder {
    private final WeightFormat target;
    private final int cols;
    private final float[] row;
    private final float[] values;
    private final float[] products = new float[TARGETS.length];
    private final float[] squares = new float[TARGETS.length];
    private final float[] block = new float[BLOCK];
    private final byte[] bytes;

    Encoder(WeightFormat target, int rows, int cols) {
      this.target = target;
      this.cols = cols;
      this.row = new float[cols];
      this.values = new float[Math.multiplyExact(rows, cols)];
      this.bytes = new byte[Math.max(BLOCK, Math.ceilDiv(cols, 4))];
    }

    void read(Matrix matrix, int first, int count) {
      for (int r = 0; r < count; r++) {
        matrix.decodeRow(first + r, row);
        requireFinite(matrix, first + r, row);
        System.arraycopy(row, 0, values, r * cols, cols);
      }
    }

    void encode(int rows, MemorySegment out) {
      switch (target) {
        case TernaryV2 ternary -> ternary(rows, out);
        case Int4 int4 -> blocks(rows * cols, 4, out);
        default -> blocks(rows * cols, 8, out);
      }
    }

    private static void requireFinite(Matrix matrix, int row, float[] values) {
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw new TmacException(
              matrix.name() + " has the weight " + value + " in row " + row + ": it is damaged");
        }
      }
    }

    /** See {@link TernaryV2}. */
    private void ternary(int rows, MemorySegment out) {
      float[] magnitudes = row;
      int rowBytes = Math.ceilDiv(cols, 4);
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++) {
          magnitudes[c] = Math.abs(values[r * cols + c]);
        }
        short stored = Float.floatToFloat16(Math.min(ternaryScale(magnitudes), MAX_SCALE));
        float threshold = Float.float16ToFloat(stored) / 2;
        Arrays.fill(bytes, (byte) 0);
        for (int c = 0; threshold > 0 && c < cols; c++) {
          float value = values[r * cols + c];
          int code = value > threshold ? 1 : value < -threshold ? -1 : 0;
          bytes[c / 4] |= (byte) ((code & 3) << 2 * (c % 4));
        }
        long at = (long) r * (2 + rowBytes);
        out.set(SHORT, at, stored);
        MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, at + 2, rowBytes);
      }
    }

    /**
     * If k weights become +-1, the k largest are best, and their mean S / k is the best scale; it
     * takes {@code S^2 / k} off the squared error.
     */
    private static float ternaryScale(float[] magnitudes) {
      Arrays.sort(magnitudes);
      double sum = 0;
      double bestGain = -1;
      double scale = 0;
      for (int k = 1; k <= magnitudes.length; k++) {
        sum += magnitudes[magnitudes.length - k];
        double gain = sum * sum / k;
        if (gain > bestGain) {
          bestGain = gain;
          scale = sum / k;
        }
      }
      return (float) scale;
    }

    /** Blocks of 4 bits ({@link Int4}) or 8 bits ({@link Int8} in groups). */
    private void blocks(int count, int bits, MemorySegment out) {
      int codeBytes = BLOCK * bits / 8;
      for (int first = 0; first < count; first += BLOCK) {
        int size = Math.min(BLOCK, count - first);
        Arrays.fill(block, 0);
        System.arraycopy(values, first, block, 0, size);
        float max = 0;
        for (float value : block) {
          max = Math.max(max, Math.abs(value));
        }
        float scale = bits == 8 ? max / 127 : int4Scale(max);
        short stored = Float.floatToFloat16(Math.clamp(scale, -MAX_SCALE, MAX_SCALE));
        float inverse = Float.float16ToFloat(stored) == 0 ? 0 : 1 / Float.float16ToFloat(stored);
        if (bits == 8) {
          for (int i = 0; i < BLOCK; i++) {
            bytes[i] = (byte) code(block[i], inverse, -127, 127);
          }
        } else {
          for (int i = 0; i < BLOCK / 2; i++) {
            int low = (int) code(block[2 * i], inverse, -8, 7) + 8;
            int high = (int) code(block[2 * i + 1], inverse, -8, 7) + 8;
            bytes[i] = (byte) (low | high << 4);
          }
        }
        long at = (long) (first / BLOCK) * (2 + codeBytes);
        out.set(SHORT, at, stored);
        MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, at + 2, codeBytes);
      }
    }

    /** For codes q the best scale is {@code sum(xq) / sum(q^2)}; tries those of some scales. */
    private float int4Scale(float max) {
      if (max == 0) {
        return 0;
      }
      Arrays.fill(products, 0);
      Arrays.fill(squares, 0);
      for (float value : block) {
        for (int t = 0; t < TARGETS.length; t++) {
          float code = code(value, TARGETS[t] / max, -8, 7);
          products[t] += value * code;
          squares[t] += code * code;
        }
      }
      float scale = max / 7;
      float bestGain = 0;
      for (int t = 0; t < TARGETS.length; t++) {
        float ratio = products[t] / squares[t];
        if (products[t] * ratio > bestGain) {
          bestGain = products[t] * ratio;
          scale = ratio;
        }
      }
      return scale;
    }

    private static float code(float value, float inverse, float least, float most) {
      return Math.min(Math.max(value * inverse, least), most) + ROUNDING - ROUNDING;
    }
  }
}
