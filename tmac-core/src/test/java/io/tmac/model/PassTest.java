package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

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
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Sequences that share passes get the bits that they get alone. */
@Tag("kernel")
class PassTest {
  private static final List<KernelProvider> PROVIDERS =
      List.of(
          new ScalarKernels(), new VectorKernels(), new VectorKernels(VectorKernels.Mode.PLAIN));
  private static final List<LlamaShape> SHAPES =
      List.of(
          new LlamaShape(64, 96, 2, 4, 4, 40, 200, true),
          new LlamaShape(30, 45, 2, 3, 1, 33, 200, false),
          new LlamaShape(96, 44, 2, 6, 2, 35, 200, true));

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void companyChangesNothing(
      @ForAll Container container,
      @ForAll Activations activations,
      @ForAll KvCacheType cacheType,
      @ForAll @IntRange(max = 2) int provider,
      @ForAll @IntRange(max = 2) int shapeIndex,
      @ForAll @IntRange(min = 1, max = 3) int threads,
      @ForAll @IntRange(min = 2, max = 20) int company,
      @ForAll long seed) {
    LlamaShape shape = SHAPES.get(shapeIndex);
    Random random = new Random(seed);
    int[][] texts = new int[company][];
    for (int i = 0; i < company; i++) {
      texts[i] = random.ints(1 + random.nextInt(80), 0, shape.vocabSize()).toArray();
    }
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(threads)) {
      Transformer transformer =
          transformer(container, shape, PROVIDERS.get(provider), activations, arena, pool);
      float[][][] alone = new float[company][][];
      for (int i = 0; i < company; i++) {
        alone[i] = alone(transformer, cacheType, texts[i], shape.vocabSize());
      }
      float[][][] together = together(transformer, cacheType, texts, shape.vocabSize(), random);
      for (int i = 0; i < company; i++) {
        for (int position = 0; position < texts[i].length; position++) {
          if (together[i][position] != null) {
            assertThat(together[i][position])
                .as("%s, text %d, position %d", container, i, position)
                .isEqualTo(alone[i][position]);
          }
        }
        assertThat(together[i][texts[i].length - 1]).isNotNull();
      }
    }
  }

  /** All logits of one sequence in passes of its own. */
  private static float[][] alone(
      Transformer transformer, KvCacheType cacheType, int[] text, int vocabSize) {
    Pass pass = transformer.newPass();
    Sequence sequence = transformer.newSequence(cacheType);
    pass.add(sequence, text, 0, text.length, Pass.Logits.ALL);
    float[] logits = transformer.run(pass);
    float[][] all = new float[text.length][];
    for (int t = 0; t < text.length; t++) {
      all[t] = Arrays.copyOfRange(logits, t * vocabSize, (t + 1) * vocabSize);
    }
    return all;
  }

  /** The logits that were wanted, in passes of random segments in random order. */
  private static float[][][] together(
      Transformer transformer, KvCacheType cacheType, int[][] texts, int vocabSize, Random random) {
    Pass pass = transformer.newPass();
    Sequence[] sequences = new Sequence[texts.length];
    float[][][] found = new float[texts.length][][];
    for (int i = 0; i < texts.length; i++) {
      sequences[i] = transformer.newSequence(cacheType);
      found[i] = new float[texts[i].length][];
    }
    int left = Arrays.stream(texts).mapToInt(text -> text.length).sum();
    while (left > 0) {
      pass.clear();
      int[] rows = new int[texts.length];
      int[] counts = new int[texts.length];
      boolean[] all = new boolean[texts.length];
      int offset = random.nextInt(texts.length);
      for (int k = 0; k < texts.length; k++) {
        int i = (k + offset) % texts.length;
        int from = sequences[i].length();
        int most = Math.min(texts[i].length - from, Pass.MAX_TOKENS - pass.tokens());
        counts[i] = most > 0 && random.nextInt(4) > 0 ? 1 + random.nextInt(Math.min(most, 30)) : 0;
        if (counts[i] > 0) {
          boolean ends = from + counts[i] == texts[i].length;
          all[i] = random.nextInt(3) == 0;
          Pass.Logits wanted =
              all[i] ? Pass.Logits.ALL : ends ? Pass.Logits.LAST : Pass.Logits.NONE;
          rows[i] = pass.add(sequences[i], texts[i], from, counts[i], wanted);
          if (wanted == Pass.Logits.NONE) {
            rows[i] = -1;
          }
        }
      }
      if (pass.tokens() == 0) {
        continue;
      }
      left -= pass.tokens();
      float[] logits = transformer.run(pass);
      for (int i = 0; i < texts.length; i++) {
        if (counts[i] > 0 && rows[i] >= 0) {
          int first = all[i] ? sequences[i].length() - counts[i] : sequences[i].length() - 1;
          for (int p = first, row = rows[i]; p < sequences[i].length(); p++, row++) {
            found[i][p] = Arrays.copyOfRange(logits, row * vocabSize, (row + 1) * vocabSize);
          }
        }
      }
    }
    return found;
  }

  @Test
  void aCopiedStartIsAsGoodAsAComputedOne() {
    LlamaShape shape = SHAPES.get(0);
    int[] text = new Random(1).ints(120, 0, shape.vocabSize()).toArray();
    for (KvCacheType type : KvCacheType.values()) {
      try (Arena arena = Arena.ofShared();
          WorkerPool pool = new WorkerPool(2)) {
        Transformer transformer =
            transformer(Container.TM2, shape, new VectorKernels(), Activations.INT8, arena, pool);
        float[][] expected = alone(transformer, type, text, shape.vocabSize());
        Pass pass = transformer.newPass();
        Sequence source = transformer.newSequence(type);
        pass.add(source, text, 0, 100, Pass.Logits.NONE);
        transformer.run(pass);
        Sequence copy = transformer.newSequence(type);
        copy.copy(source, 77);
        assertThat(copy.length()).isEqualTo(77);
        assertThat(copy.common(text, 1000)).isEqualTo(77);
        source.truncate(3); // They share nothing.
        pass.clear();
        pass.add(source, new int[text.length], 0, 20, Pass.Logits.NONE);
        int row = pass.add(copy, text, 77, 43, Pass.Logits.LAST);
        float[] logits = transformer.run(pass);
        assertThat(row).isZero();
        assertThat(logits).isEqualTo(expected[119]);
      }
    }
  }

  @Test
  void memoryIsGivenBackInPages() {
    LlamaShape shape = SHAPES.get(0);
    int[] text = new Random(1).ints(128, 0, shape.vocabSize()).toArray();
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(1)) {
      Transformer transformer =
          transformer(Container.TM2, shape, new ScalarKernels(), Activations.INT8, arena, pool);
      Sequence sequence = transformer.newSequence(KvCacheType.F32);
      Pass pass = transformer.newPass();
      pass.add(sequence, text, 0, 128, Pass.Logits.NONE);
      transformer.run(pass);
      long bytes = sequence.cacheBytes();
      assertThat(sequence.capacity()).isEqualTo(128);
      sequence.truncate(40);
      assertThat(sequence.cacheBytes()).isEqualTo(bytes);
      sequence.trim(0);
      assertThat(sequence.cacheBytes()).isEqualTo(bytes / 2);
      assertThat(sequence.capacity()).isEqualTo(64);
    }
  }

  @Test
  void segmentsAreChecked() {
    LlamaShape shape = SHAPES.get(0);
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(1)) {
      Transformer transformer =
          transformer(Container.V0, shape, new ScalarKernels(), Activations.F32, arena, pool);
      Pass pass = transformer.newPass();
      Sequence sequence = transformer.newSequence(KvCacheType.F32);
      int[] text = new int[200];
      assertThatIllegalArgumentException()
          .isThrownBy(() -> pass.add(sequence, text, 0, 129, Pass.Logits.NONE))
          .withMessageContainingAll("1 to 128", "129");
      pass.add(sequence, text, 0, 100, Pass.Logits.NONE);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> pass.add(sequence, text, 0, 1, Pass.Logits.NONE))
          .withMessageContaining("already");
      Sequence other = transformer.newSequence(KvCacheType.F32);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> pass.add(other, text, 0, 29, Pass.Logits.NONE))
          .withMessageContainingAll("1 to 28", "29");
      pass.clear();
      assertThat(pass.tokens()).isZero();
      assertThat(sequence.length()).isZero();
    }
  }

  private static Transformer transformer(
      Container container,
      LlamaShape shape,
      KernelProvider kernels,
      Activations activations,
      Arena arena,
      WorkerPool pool) {
    Checkpoint checkpoint =
        CheckpointReader.read("tiny", TinyModels.of(container, shape, 3).segment());
    Weights weights = Weights.of(checkpoint, checkpoint, kernels, activations, arena, pool);
    return new Transformer(weights, kernels, pool);
  }
}
