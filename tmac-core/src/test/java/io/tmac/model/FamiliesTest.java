package io.tmac.model;

import static io.tmac.model.TransformerTest.forward;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.tmac.Activations;
import io.tmac.KvCacheType;
import io.tmac.ModelConfig;
import io.tmac.ModelConfig.Gate;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.RopeScaling;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.WorkerPool;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What sets the families of models apart, one by one, against a decoder in double. */
@Tag("kernel")
class FamiliesTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));

  private static final int POSITIONS = 90; // More than a page of the cache.

  /** A head of another width than dim / heads, so that queries are wider than the stream. */
  private static final ModelConfig PLAIN =
      new ModelConfig(24, 40, 2, 4, 2, 10, 37, POSITIONS, 10000f, 1e-5f);

  private enum Family {
    PLAIN(FamiliesTest.PLAIN),
    HALVES(FamiliesTest.PLAIN.withRopePairs(RopePairs.HALVES)),
    LINEAR(FamiliesTest.PLAIN.withRopeScaling(new RopeScaling.Linear(4))),
    LLAMA3(FamiliesTest.PLAIN.withRopeScaling(new RopeScaling.Llama3(8, 1, 4, 64))),
    DIVISORS(
        FamiliesTest.PLAIN.withRopeScaling(
            new RopeScaling.Divisors(List.of(1f, 1.5f, 2f, 7f, 30f)))),
    WINDOW(FamiliesTest.PLAIN.withSlidingWindow(7)),
    WIDE_WINDOW(FamiliesTest.PLAIN.withSlidingWindow(70)),
    BIASES(FamiliesTest.PLAIN, "wq_bias", "wk_bias", "wv_bias"),
    HEAD_NORMS(FamiliesTest.PLAIN.withRopePairs(RopePairs.HALVES), "q_norm", "k_norm"),
    SQUARED_RELU(FamiliesTest.PLAIN.withGate(Gate.SQUARED_RELU)),
    SUB_NORMS(FamiliesTest.PLAIN, "attention_sub_norm", "ffn_sub_norm"),
    BITNET(
        FamiliesTest.PLAIN
            .withRopePairs(RopePairs.HALVES)
            .withGate(Gate.SQUARED_RELU)
            .withInt8Inputs(true),
        "attention_sub_norm",
        "ffn_sub_norm");

    final ModelConfig config;
    final List<String> extras;

    Family(ModelConfig config, String... extras) {
      this.config = config;
      this.extras = List.of(extras);
    }
  }

  @ParameterizedTest
  @EnumSource
  void logitsAreThoseOfTheDefinition(Family family) {
    TestModel model = new TestModel(family);
    int[] tokens = tokens(family.config);
    double[][] expected = new ReferenceTransformer(family.config, model.values).logits(tokens);
    for (KernelProvider kernels : PROVIDERS) {
      float[][] logits = logits(model, kernels, Activations.F32, tokens, tokens.length);
      for (int position = 0; position < tokens.length; position++) {
        double largest = Arrays.stream(expected[position]).map(Math::abs).max().orElseThrow();
        for (int token = 0; token < expected[position].length; token++) {
          assertThat((double) logits[position][token])
              .as("%s, position %d, token %d", kernels.name(), position, token)
              .isCloseTo(expected[position][token], offset(1e-4 * Math.max(1, largest)));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void passesOfAnySizeAndAnyThreadsGiveTheSameBits(Family family) {
    TestModel model = new TestModel(family);
    int[] tokens = tokens(family.config);
    for (KernelProvider kernels : PROVIDERS) {
      float[][] whole = logits(model, kernels, Activations.INT8, tokens, tokens.length);
      for (int size : new int[] {1, 7, 64}) {
        assertThat(logits(model, kernels, Activations.INT8, tokens, size)).isDeepEqualTo(whole);
      }
    }
  }

  /** What the model defines does not depend on how kernels may represent inputs. */
  @ParameterizedTest
  @EnumSource(Activations.class)
  void bitNetRoundsInputsInEveryMode(Activations activations) {
    TestModel model = new TestModel(Family.BITNET);
    int[] tokens = tokens(PLAIN);
    KernelProvider kernels = new VectorKernels();
    float[][] first = logits(model, kernels, Activations.INT8, tokens, 16);
    assertThat(logits(model, kernels, activations, tokens, 16)).isDeepEqualTo(first);
  }

  private static float[][] logits(
      TestModel model, KernelProvider kernels, Activations activations, int[] tokens, int size) {
    float[][] all = new float[tokens.length][];
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(size % 3 + 1)) {
      Checkpoint checkpoint = model.checkpoint;
      Weights weights = Weights.of(checkpoint, checkpoint, kernels, activations, arena, pool);
      Transformer transformer = new Transformer(weights, kernels, pool);
      Sequence sequence = transformer.newSequence(KvCacheType.F32);
      Pass pass = transformer.newPass();
      int vocabSize = checkpoint.config().vocabSize();
      for (int from = 0; from < tokens.length; from += size) {
        int count = Math.min(size, tokens.length - from);
        float[] logits = forward(transformer, pass, sequence, tokens, from, count, Pass.Logits.ALL);
        for (int t = 0; t < count; t++) {
          all[from + t] = Arrays.copyOfRange(logits, t * vocabSize, (t + 1) * vocabSize);
        }
      }
    }
    return all;
  }

  private static int[] tokens(ModelConfig config) {
    return new Random(5).ints(POSITIONS, 0, config.vocabSize()).toArray();
  }

  /** Random weights: ternary for BitNet, floats elsewhere. */
  private static final class TestModel {
    final Map<String, float[]> values = new HashMap<>();
    final Checkpoint checkpoint;
    private final Map<String, Matrix> tensors = new LinkedHashMap<>();
    private final Random random = new Random(1);
    private final WeightFormat format;

    TestModel(Family family) {
      ModelConfig c = family.config;
      format = c.int8Inputs() ? new TernaryV2() : new F32();
      floats("tok_embeddings", c.vocabSize(), c.dim(), 0, 1);
      for (int l = 0; l < c.layers(); l++) {
        String prefix = "layers." + l + ".";
        floats(prefix + "attention_norm", 1, c.dim(), 1, 0.2);
        matrix(prefix + "wq", c.queryDim(), c.dim());
        matrix(prefix + "wk", c.kvDim(), c.dim());
        matrix(prefix + "wv", c.kvDim(), c.dim());
        matrix(prefix + "wo", c.dim(), c.queryDim());
        floats(prefix + "ffn_norm", 1, c.dim(), 1, 0.2);
        matrix(prefix + "w1", c.hiddenDim(), c.dim());
        matrix(prefix + "w2", c.dim(), c.hiddenDim());
        matrix(prefix + "w3", c.hiddenDim(), c.dim());
        for (String extra : family.extras) {
          int cols =
              switch (extra) {
                case "wq_bias", "attention_sub_norm" -> c.queryDim();
                case "wk_bias", "wv_bias" -> c.kvDim();
                case "ffn_sub_norm" -> c.hiddenDim();
                default -> c.headDim();
              };
          floats(prefix + extra, 1, cols, extra.endsWith("bias") ? 0 : 1, 0.5);
        }
      }
      floats("norm", 1, c.dim(), 1, 0.2);
      checkpoint =
          new Checkpoint(
              "test",
              "test",
              family.name(),
              format,
              c,
              tensors,
              tensors,
              Map.of(),
              Optional.empty(),
              List.of());
    }

    private void matrix(String name, int rows, int cols) {
      if (format instanceof F32) {
        floats(name, rows, cols, 0, 1.5 / Math.sqrt(cols));
        return;
      }
      MemorySegment data = Arena.ofAuto().allocate(format.byteSize(rows, cols));
      long rowBytes = format.byteSize(1, cols);
      float[] all = new float[rows * cols];
      for (int r = 0; r < rows; r++) {
        short scale = Float.floatToFloat16((float) (1.5 / Math.sqrt(cols)));
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, r * rowBytes, scale);
        for (int c = 0; c < cols; c++) {
          int code = random.nextInt(3) - 1;
          long at = r * rowBytes + 2 + c / 4;
          int bits = data.get(ValueLayout.JAVA_BYTE, at) | (code & 3) << 2 * (c % 4);
          data.set(ValueLayout.JAVA_BYTE, at, (byte) bits);
          all[r * cols + c] = code * Float.float16ToFloat(scale);
        }
      }
      tensors.put(name, new Matrix(name, rows, cols, format, data, 0));
      values.put(name, all);
    }

    private void floats(String name, int rows, int cols, double mean, double spread) {
      float[] all = new float[rows * cols];
      IntStream.range(0, all.length)
          .forEach(i -> all[i] = (float) (mean + spread * random.nextGaussian()));
      MemorySegment data = Arena.ofAuto().allocate(4L * all.length);
      MemorySegment.copy(all, 0, data, ValueLayout.JAVA_FLOAT, 0, all.length);
      tensors.put(name, new Matrix(name, rows, cols, new F32(), data, 0));
      values.put(name, all);
    }
  }
}
