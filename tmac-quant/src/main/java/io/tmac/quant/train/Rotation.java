package io.tmac.quant.train;

import io.tmac.ModelConfig;
import io.tmac.quant.encode.ComputedRope;

/**
 * Rotary position embedding (Su et al. 2021) of heads whose pairs are neighbours, as llama2.c's.
 * Turning back is the gradient. The tables are those that the file gets.
 */
final class Rotation {
  private final int headDim;
  private final float[] cosines;
  private final float[] sines;

  /**
   * Computes the tables.
   *
   * @param length positions
   */
  Rotation(ModelConfig config, int length) {
    headDim = config.headDim();
    int pairs = headDim / 2;
    cosines = new float[length * pairs];
    sines = new float[length * pairs];
    fill(new ComputedRope(config, true), cosines, length, pairs);
    fill(new ComputedRope(config, false), sines, length, pairs);
  }

  private static void fill(ComputedRope values, float[] table, int length, int pairs) {
    float[] row = new float[pairs];
    for (int position = 0; position < length; position++) {
      values.row(position, row);
      System.arraycopy(row, 0, table, position * pairs, pairs);
    }
  }

  /** Turns the heads of rows {@code [rows x width]} of texts of {@code length} tokens. */
  void forward(float[] x, int rows, int width, int length) {
    turn(x, rows, width, length, 1);
  }

  /** Turns gradients back. */
  void backward(float[] dx, int rows, int width, int length) {
    turn(dx, rows, width, length, -1);
  }

  private void turn(float[] x, int rows, int width, int length, float sign) {
    int pairs = headDim / 2;
    for (int row = 0; row < rows; row++) {
      int table = row % length * pairs;
      for (int head = row * width; head < (row + 1) * width; head += headDim) {
        for (int j = 0; j < pairs; j++) {
          float cosine = cosines[table + j];
          float sine = sign * sines[table + j];
          float a = x[head + 2 * j];
          float b = x[head + 2 * j + 1];
          x[head + 2 * j] = a * cosine - b * sine;
          x[head + 2 * j + 1] = a * sine + b * cosine;
        }
      }
    }
  }
}
