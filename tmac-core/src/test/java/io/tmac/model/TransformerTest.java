package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

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
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The forward pass, for all containers and shapes, against a decoder in double. */
@Tag("kernel")
class TransformerTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  /** Unquantised activations: rounding of float sums. */
  private static final double TOLERANCE = 1e-4;

  static Stream<Arguments> containersAndShapes() {
    return Stream.of(Container.values())
        .flatMap(container ->
            Stream.of(LlamaShape.EVEN, LlamaShape.ODD, LlamaShape.GROUPED)
                .map(shape -> Arguments.of(container, shape)));
  }

  @ParameterizedTest
  @MethodSource("containersAndShapes")
  void logitsAreThoseOfTheDefinition(Container container, LlamaShape shape) {
    TinyModel model = TinyModels.of(container, shape, 1);
    int[] tokens = tokens(shape, 1);
    double[][] expected = new ReferenceTransformer(shape, model.tensors()).logits(tokens);
    for (KernelProvider kernels : PROVIDERS) {
      float[][] logits = logits(model, kernels, Activations.F32, tokens, tokens.length);
      for (int position = 0; position < tokens.length; position++) {
        for (int token = 0; token < shape.vocabSize(); token++) {
          assertThat((double) logits[position][token])
              .as("%s, position %d, token %d", kernels.name(), position, token)
              .isCloseTo(expected[position][token], offset(tolerance(expected[position])));
        }
      }
    }
  }

  /** Weights without a scale make attention choose one position; errors may choose another one. */
  static Stream<Arguments> containersWithScales() {
    return containersAndShapes().filter(arguments -> arguments.get()[0] != Container.TMAC);
  }

  @ParameterizedTest
  @MethodSource("containersWithScales")
  void roundedActivationsChangeLogitsLittle(Container container, LlamaShape shape) {
    TinyModel model = TinyModels.of(container, shape, 2);
    int[] tokens = tokens(shape, 2);
    double[][] expected = new ReferenceTransformer(shape, model.tensors()).logits(tokens);
    for (KernelProvider kernels : PROVIDERS) {
      float[][] logits = logits(model, kernels, Activations.INT8, tokens, tokens.length);
      for (int position = 0; position < tokens.length; position++) {
        double error = 0;
        double size = 0;
        for (int token = 0; token < shape.vocabSize(); token++) {
          error += Math.pow(logits[position][token] - expected[position][token], 2);
          size += Math.pow(expected[position][token], 2);
        }
        assertThat(Math.sqrt(error / size)).as("%s, %d", kernels.name(), position).isLessThan(0.1);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("containersAndShapes")
  void passesOfAnySizeGiveTheSameBits(Container container, LlamaShape shape) {
    TinyModel model = TinyModels.of(container, shape, 3);
    int[] tokens = tokens(shape, 3);
    for (KernelProvider kernels : PROVIDERS) {
      for (Activations activations : Activations.values()) {
        float[][] whole = logits(model, kernels, activations, tokens, tokens.length);
        for (int size : new int[] {1, 2, 5}) {
          assertThat(logits(model, kernels, activations, tokens, size)).isDeepEqualTo(whole);
        }
      }
    }
  }

  @Test
  void onlyTheLastTokenMayGetLogits() {
    TinyModel model = TinyModels.of(Container.TM2, LlamaShape.GROUPED, 4);
    int[] tokens = tokens(LlamaShape.GROUPED, 4);
    KernelProvider kernels = new VectorKernels();
    float[][] all = logits(model, kernels, Activations.INT8, tokens, tokens.length);
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(2)) {
      Transformer transformer = transformer(model, kernels, Activations.INT8, arena, pool);
      Sequence sequence = transformer.newSequence(KvCacheType.F32);
      Pass pass = transformer.newPass();
      float[] none = forward(transformer, pass, sequence, tokens, 0, 3, Pass.Logits.NONE);
      assertThat(none).isNull();
      float[] last =
          forward(transformer, pass, sequence, tokens, 3, tokens.length - 3, Pass.Logits.LAST);
      assertThat(last).isEqualTo(all[tokens.length - 1]);
    }
  }

  private static float[][] logits(
      TinyModel model, KernelProvider kernels, Activations activations, int[] tokens, int size) {
    int vocabSize = model.shape().vocabSize();
    float[][] all = new float[tokens.length][];
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(2)) {
      Transformer transformer = transformer(model, kernels, activations, arena, pool);
      Sequence sequence = transformer.newSequence(KvCacheType.F32);
      Pass pass = transformer.newPass();
      for (int from = 0; from < tokens.length; from += size) {
        int count = Math.min(size, tokens.length - from);
        float[] logits = forward(transformer, pass, sequence, tokens, from, count, Pass.Logits.ALL);
        for (int t = 0; t < count; t++) {
          all[from + t] = Arrays.copyOfRange(logits, t * vocabSize, (t + 1) * vocabSize);
        }
      }
      assertThat(sequence.length()).isEqualTo(tokens.length);
    }
    return all;
  }

  private static Transformer transformer(
      TinyModel model,
      KernelProvider kernels,
      Activations activations,
      Arena arena,
      WorkerPool pool) {
    Checkpoint checkpoint = CheckpointReader.read("tiny", model.segment());
    Weights weights = Weights.of(checkpoint, checkpoint, kernels, activations, arena, pool);
    return new Transformer(weights, kernels, pool);
  }

  private static double tolerance(double[] logits) {
    double max = 1;
    for (double logit : logits) {
      max = Math.max(max, Math.abs(logit));
    }
    return TOLERANCE * max;
  }

  /** As many random tokens as the context holds. */
  private static int[] tokens(LlamaShape shape, long seed) {
    return new Random(seed).ints(shape.contextLength(), 0, shape.vocabSize()).toArray();
  }

  /** A pass of one segment. */
  static float[] forward(
      Transformer transformer,
      Pass pass,
      Sequence sequence,
      int[] tokens,
      int from,
      int count,
      Pass.Logits wanted) {
    pass.clear();
    pass.add(sequence, tokens, from, count, wanted);
    return transformer.run(pass);
  }
}
