package io.tmac.quant.encode;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Encodes the matrices of a model in memory: the bytes that a file would hold. */
public final class EncodedModel {
  private static final long ALIGNMENT = 64;

  private EncodedModel() {}

  /**
   * Encodes a model.
   *
   * @param model the model
   * @param plan the formats of its matrices; those without one are shared with the model
   * @param fits codes and scales
   * @param arena owner of the bytes
   * @param workers the threads
   * @param progress hears of each chunk
   * @return the same model with other matrices
   * @throws io.tmac.ModelFormatException if a weight is NaN or infinite
   * @throws IOException if the caller is interrupted
   */
  public static Checkpoint of(
      SourceModel model, Plan plan, Fits fits, Arena arena, Workers workers, Progress progress)
      throws IOException {
    Map<String, Matrix> roles = new LinkedHashMap<>(model.checkpoint().roles());
    Set<String> done = new LinkedHashSet<>();
    for (Matrix matrix : model.checkpoint().roles().values()) {
      TensorStack stack = model.stackOf(matrix.name());
      Optional<WeightFormat> format = plan.format(matrix.name(), matrix.cols());
      if (!SourceModel.isVector(matrix.name()) && format.isPresent() && done.add(stack.name())) {
        encode(stack, format.get(), fits, arena, workers, progress, roles);
      }
    }
    return SourceModel.withRoles(model.checkpoint(), model.config(), roles);
  }

  private static void encode(
      TensorStack stack,
      WeightFormat format,
      Fits fits,
      Arena arena,
      Workers workers,
      Progress progress,
      Map<String, Matrix> roles)
      throws IOException {
    StackEncoder encoder = StackEncoder.of(format, stack, fits, workers, progress);
    MemorySegment data = arena.allocate(encoder.bytes(), ALIGNMENT);
    StackEncoder.Sink sink =
        (bytes, count, offset) ->
            MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, offset, count);
    StackEncoder.run(encoder, stack, format, sink, workers, progress);
    for (int layer = 0; layer < stack.layers().size(); layer++) {
      String role = stack.tensor(layer);
      long firstRow = (long) layer * stack.rows();
      roles.put(role, new Matrix(role, stack.rows(), stack.cols(), format, data, firstRow));
    }
  }
}
