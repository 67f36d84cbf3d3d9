package io.tmac.model;

import static io.tmac.model.TransformerTest.forward;
import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Activations;
import io.tmac.KvCacheType;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.WorkerPool;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import io.tmac.testing.TinyModels.TinyModel;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayerRunnerTest {

  static Stream<KernelProvider> providers() {
    return Stream.of(new ScalarKernels(), new VectorKernels());
  }

  /** More tokens than one pass takes, so that a runner must go on where it stopped. */
  @ParameterizedTest
  @MethodSource("providers")
  void layersOneByOneGiveTheBitsOfTheWholeModel(KernelProvider kernels) {
    LlamaShape shape = new LlamaShape(32, 44, 3, 4, 2, 35, Pass.MAX_TOKENS + 40, true);
    TinyModel model = TinyModels.of(Container.V0, shape, 7);
    int dim = shape.dim();
    int count = shape.contextLength();
    int[] tokens = new Random(7).ints(count, 0, shape.vocabSize()).toArray();
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(2)) {
      Checkpoint checkpoint = CheckpointReader.read("tiny", model.segment());
      Weights weights = Weights.of(checkpoint, checkpoint, kernels, Activations.F32, arena, pool);
      float[] whole = new float[count * dim];
      Transformer transformer = new Transformer(weights, kernels, pool);
      Sequence sequence = transformer.newSequence(KvCacheType.F32);
      Pass pass = transformer.newPass();
      for (int from = 0; from < count; from += Pass.MAX_TOKENS) {
        int n = Math.min(Pass.MAX_TOKENS, count - from);
        forward(transformer, pass, sequence, tokens, from, n, Pass.Logits.NONE);
        for (int i = 0; i < n * dim; i++) {
          whole[from * dim + i] = pass.x[i] + pass.delta[i];
        }
      }

      float[] x = new float[count * dim];
      float[] row = new float[dim];
      for (int t = 0; t < count; t++) {
        weights.embedding().decodeRow(tokens[t], row);
        System.arraycopy(row, 0, x, t * dim, dim);
      }
      int[] seen = new int[2];
      for (Weights.Layer layer : weights.layers()) {
        LayerRunner runner = new LayerRunner(checkpoint.config(), layer, kernels, pool);
        runner.attention(x, count, (first, n, values) -> seen[0] += first == seen[0] ? n : 0);
        runner.feedForward(x, count, (first, n, values) -> seen[1] += first == seen[1] ? n : 0);
        assertThat(seen).containsExactly(count, count);
        Arrays.fill(seen, 0);
      }
      assertThat(x).isEqualTo(whole);
    }
  }
}
