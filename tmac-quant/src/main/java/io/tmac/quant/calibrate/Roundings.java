package io.tmac.quant.calibrate;

import io.tmac.format.GgufFormat;
import io.tmac.format.Int4;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.quant.encode.Plan;
import io.tmac.quant.encode.SourceModel;
import java.util.Optional;

/** The rounding of each matrix of a model: that of the grid of its format. */
final class Roundings {
  private final SourceModel model;
  private final Plan plan;
  private final Rounding ternary = new TernaryRounding();
  private final Rounding int4;

  /**
   * Prepares the roundings.
   *
   * @param model the model
   * @param plan the formats of its matrices
   */
  Roundings(SourceModel model, Plan plan) {
    this.model = model;
    this.plan = plan;
    this.int4 = new Int4Rounding(model);
  }

  /**
   * The rounding of a matrix.
   *
   * @param role what the matrix is for
   * @return empty if it stays what it is, or has a format of so many bits that it nearly does
   */
  Optional<Rounding> of(String role) {
    int cols = model.checkpoint().tensor(role).cols();
    return plan.format(role, cols).flatMap(this::grid);
  }

  private Optional<Rounding> grid(WeightFormat format) {
    return switch (format) {
      case TernaryV2 rows -> Optional.of(ternary);
      case Int4 blocks -> Optional.of(int4);
      // Rows are whole blocks, so that those of a stack are those of its matrices.
      case GgufFormat gguf when gguf == GgufFormat.Q4_0 -> Optional.of(int4);
      case GgufFormat gguf when gguf == GgufFormat.TQ2_0 ->
          Optional.of(new TernaryBlockRounding(gguf.blockElements()));
      default -> Optional.empty();
    };
  }
}
