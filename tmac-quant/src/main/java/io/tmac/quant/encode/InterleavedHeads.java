package io.tmac.quant.encode;

import io.tmac.ModelConfig;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Changes models whose position embedding turns the halves of a head into models that say the same
 * with neighbours, which is what llama.cpp expects of Llama models: in each head of the queries and
 * keys, rows j and j + headDim / 2 become rows 2j and 2j + 1.
 */
public final class InterleavedHeads {
  private InterleavedHeads() {}

  /**
   * Changes a model. The rows of queries and keys are copied in another order; the rest is shared.
   *
   * @param model the model
   * @param arena owner of the copies
   * @return the model with {@link RopePairs#INTERLEAVED}
   */
  public static SourceModel of(SourceModel model, Arena arena) {
    Checkpoint checkpoint = model.checkpoint();
    ModelConfig config = checkpoint.config();
    if (config.ropePairs() == RopePairs.INTERLEAVED) {
      return model;
    }
    Map<String, Matrix> roles = new LinkedHashMap<>();
    checkpoint
        .roles()
        .forEach((role, matrix) -> {
          String kind = role.substring(role.lastIndexOf('.') + 1);
          boolean turned =
              switch (kind) {
                case "wq", "wk", "wq_bias", "wk_bias" -> true;
                default -> false;
              };
          roles.put(role, turned ? interleave(matrix, config.headDim(), arena) : matrix);
        });
    ModelConfig interleaved = config.withRopePairs(RopePairs.INTERLEAVED);
    return new SourceModel(SourceModel.withRoles(checkpoint, interleaved, roles));
  }

  /** Reorders rows, or the elements of a vector. */
  private static Matrix interleave(Matrix matrix, int headDim, Arena arena) {
    boolean vector = matrix.rows() == 1;
    int units = vector ? matrix.cols() : matrix.rows();
    long bytes = matrix.format().byteSize(1, vector ? 1 : matrix.cols());
    long start = matrix.format().byteSize(matrix.firstRow(), matrix.cols());
    MemorySegment data = arena.allocate(Math.multiplyExact(units, bytes), Long.BYTES);
    for (int unit = 0; unit < units; unit++) {
      int inHead = unit % headDim;
      int from = unit - inHead + inHead / 2 + inHead % 2 * (headDim / 2);
      MemorySegment.copy(matrix.data(), start + from * bytes, data, unit * bytes, bytes);
    }
    return new Matrix(matrix.name(), matrix.rows(), matrix.cols(), matrix.format(), data, 0);
  }
}
