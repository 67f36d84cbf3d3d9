package io.tmac.quant.encode;

import io.tmac.format.GgufFormat;
import io.tmac.format.HalfFloat;
import io.tmac.format.WeightFormat;
import java.util.Optional;

/**
 * The formats of the matrices of a GGUF file. A matrix whose columns are no multiple of a block
 * falls back as llama.cpp does it: from TQ2_0 to Q4_0, from Q4_0 and Q8_0 to F16.
 *
 * @param layers what the matrices of the layers shall be
 * @param head what the embedding and the classifier shall be
 */
public record GgufPlan(WeightFormat layers, WeightFormat head) implements Plan {

  @Override
  public Optional<WeightFormat> format(String role, int cols) {
    WeightFormat format = wanted(role);
    while (format instanceof GgufFormat blocks && cols % blocks.blockElements() != 0) {
      format = blocks == GgufFormat.TQ2_0 ? GgufFormat.Q4_0 : HalfFloat.F16;
    }
    return Optional.of(format);
  }

  /**
   * The format that a matrix has if its columns fit.
   *
   * @param role what the matrix is for
   * @return the format
   */
  public WeightFormat wanted(String role) {
    return Plan.isHead(role) ? head : layers;
  }
}
