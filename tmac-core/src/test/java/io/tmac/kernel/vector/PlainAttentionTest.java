package io.tmac.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.KvCacheType;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Scratch;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** Attention in plain loops gives the bits that vectors give. */
@Tag("kernel")
class PlainAttentionTest {

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void bothFormsGiveTheSameBits(
      @ForAll KvCacheType type,
      @ForAll @IntRange(min = 0, max = 200) int position,
      @ForAll @IntRange(min = 1, max = 40) int tokens,
      @ForAll @IntRange(min = 1, max = 7) int group,
      @ForAll @IntRange(min = 1, max = 70) int headDim,
      @ForAll @IntRange(min = -40, max = 2) int exponent,
      @ForAll long seed) {
    Random random = new Random(seed);
    int kvHeads = 2;
    int positions = position + tokens;
    KvPages cache = new KvPages(type, kvHeads, 2 * headDim);
    cache.reserve(positions);
    // Very small values underflow: their products may become zeros of either sign.
    float[] key = gaussian(positions * kvHeads * 2 * headDim, 1, random);
    float[] value = gaussian(key.length, Math.pow(10, exponent), random);
    cache.put(0, positions, key, value);
    float[] q = gaussian(tokens * kvHeads * group * 2 * headDim, 2, random);
    float[] plain = attend(q, cache, group, position, tokens, false);
    float[] vector = attend(q, cache, group, position, tokens, true);
    for (int i = 0; i < q.length; i++) {
      assertThat(Float.floatToRawIntBits(plain[i])).isEqualTo(Float.floatToRawIntBits(vector[i]));
    }
  }

  private static float[] attend(
      float[] q, KvPages cache, int group, int position, int tokens, boolean vectors) {
    float[] out = new float[q.length];
    Scratch scratch = new Scratch(8);
    for (int head = 0; head < cache.kvHeads(); head++) {
      int to = tokens * group;
      Attention.attend(q, cache, head, group, position, 0, to, scratch, out, vectors);
    }
    return out;
  }

  private static float[] gaussian(int n, double spread, Random random) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) (random.nextGaussian() * spread);
    }
    return x;
  }
}
