package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Activations;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.WorkerPool;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.LlamaShape.Kind;
import io.tmac.testing.LlamaShape.Tensor;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights exist once: in the file, or in the layout of their kernel. */
@Tag("kernel")
class WeightsTest {
  private static final LlamaShape SHAPE = new LlamaShape(64, 70, 2, 4, 2, 45, 8, false);

  @ParameterizedTest
  @EnumSource(names = {"V0", "Q4V1", "Q8V1", "V2", "TMAC", "TM2"})
  void copiesTakeWhatTheLayoutSays(Container container) {
    long expected = 0;
    for (Tensor tensor : SHAPE.tensors()) {
      // The embedding is read row by row: with a classifier of its own it has no copy.
      if (tensor.kind() == Kind.MATRIX && !tensor.name().equals("tok_embeddings")) {
        expected += tensor.layers() * layout(container, tensor.rows(), tensor.cols());
      }
    }
    // Wider tiles add up to a third for padding.
    assertThat(bytes(container, new VectorKernels(), Activations.INT8))
        .isBetween(expected, expected * 4 / 3);
  }

  @ParameterizedTest
  @EnumSource
  void scalarKernelsAndUnquantisedActivationsReadTheFile(Container container) {
    if (container == Container.V0) {
      assertThat(bytes(container, new VectorKernels(), Activations.INT8)).isZero();
    }
    assertThat(bytes(container, new VectorKernels(), Activations.F32)).isZero();
    assertThat(bytes(container, new ScalarKernels(), Activations.INT8)).isZero();
  }

  /** Bytes of one matrix in tiles of 16 rows. */
  private static long layout(Container container, int rows, int cols) {
    long tiles = Math.ceilDiv(rows, 16);
    long blocks = cols / 32;
    return switch (container) {
      case V0, V1 -> 0;
      // Scales of four bytes and half a byte for each weight; w2 with its 70 columns has no blocks.
      case Q4V1 -> cols % 32 == 0 ? tiles * blocks * (16 * 4 + 16 * 16) : 0;
      // Scales of four bytes and one byte for each weight.
      case Q8V1, V2 -> cols % 32 == 0 ? tiles * blocks * (16 * 4 + 16 * 32) : 0;
      // A quarter of a byte for each weight, of columns padded to 32, and a float for each row.
      case TMAC, TM2 -> tiles * Math.ceilDiv(cols, 32) * 16 * 8 + rows * 4L;
    };
  }

  private static long bytes(Container container, KernelProvider kernels, Activations activations) {
    Checkpoint checkpoint =
        CheckpointReader.read("tiny", TinyModels.of(container, SHAPE, 1).segment());
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(1)) {
      return Weights.of(checkpoint, checkpoint, kernels, activations, arena, pool).bytes();
    }
  }
}
