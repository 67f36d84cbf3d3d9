package io.tmac.quant.calibrate;

import io.tmac.quant.encode.Fits;
import io.tmac.quant.encode.Int4Fit;
import io.tmac.quant.encode.TernaryFit;
import java.util.Arrays;
import java.util.Map;

/**
 * Hands out codes and scales that were computed before.
 *
 * @param tensors the matrices by name
 */
record RoundedFits(Map<String, RoundedMatrix> tensors) implements Fits {

  @Override
  public TernaryFit ternary(String tensor) {
    RoundedMatrix matrix = tensors.get(tensor);
    int block = matrix.block(); // a row, or a part of one
    return (row, values, codes) -> {
      System.arraycopy(matrix.codes(), row * block, codes, 0, block);
      return matrix.scales()[row];
    };
  }

  @Override
  public Int4Fit int4(String tensor) {
    RoundedMatrix matrix = tensors.get(tensor);
    return (element, values, from, codes) -> {
      int first = Math.toIntExact(element);
      int own = Math.min(Int4Fit.BLOCK, matrix.codes().length - first);
      System.arraycopy(matrix.codes(), first, codes, from, own);
      Arrays.fill(codes, from + own, from + Int4Fit.BLOCK, (byte) 0);
      // A block may reach into the next layer, and a layer may be smaller than a block.
      String name = next(tensor);
      for (int filled = own; filled < Int4Fit.BLOCK && tensors.containsKey(name); ) {
        byte[] others = tensors.get(name).codes();
        int count = Math.min(Int4Fit.BLOCK - filled, others.length);
        System.arraycopy(others, 0, codes, from + filled, count);
        filled += count;
        name = next(name);
      }
      return matrix.scale(first);
    };
  }

  /** The same matrix of the next layer: {@code layers.1.wq} for {@code layers.0.wq}. */
  private static String next(String tensor) {
    String[] parts = tensor.split("\\.", -1);
    return parts.length == 3
        ? parts[0] + "." + (Integer.parseInt(parts[1]) + 1) + "." + parts[2]
        : "";
  }
}
