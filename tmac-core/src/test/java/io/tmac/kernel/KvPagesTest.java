package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.KvCacheType;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Keys and values come back from where the layout says. */
class KvPagesTest {

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void eachNumberHasItsPlace(
      @ForAll KvCacheType type,
      @ForAll @IntRange(min = 0, max = 140) int position,
      @ForAll @IntRange(min = 1, max = 140) int count,
      @ForAll @IntRange(min = 1, max = 3) int kvHeads,
      @ForAll @IntRange(min = 1, max = 50) int headDim,
      @ForAll long seed) {
    float[] key = Products.randomInput(count * kvHeads * headDim, seed);
    float[] value = Products.randomInput(count * kvHeads * headDim, seed + 1);
    KvPages together = new KvPages(type, kvHeads, headDim);
    together.reserve(position + count);
    together.put(position, count, key, value);
    KvPages apart = new KvPages(type, kvHeads, headDim);
    apart.reserve(position + count);
    for (int head = 0; head < kvHeads; head++) {
      apart.put(position, count, key, value, 0, head, head + 1);
    }
    float[] buffer = new AttentionScratch(headDim).page;
    for (KvPages cache : new KvPages[] {together, apart}) {
      for (int p = 0; p < position + count; p++) {
        for (int head = 0; head < kvHeads; head++) {
          int i = ((p - position) * kvHeads + head) * headDim;
          KvPage page = cache.page(p / KvPages.PAGE, head);
          int slot = p % KvPages.PAGE;
          float[] found = new float[2 * headDim];
          float[] expected = new float[2 * headDim];
          for (int d = 0; d < headDim; d++) {
            found[d] = page.keys(buffer, slot + 1)[KvPage.keyIndex(headDim, slot, d)];
            found[headDim + d] = page.values(buffer, slot + 1)[KvPage.valueIndex(slot, d)];
            expected[d] = stored(type, key, i + d);
            expected[headDim + d] = stored(type, value, i + d);
          }
          assertThat(found).as("position %d, head %d", p, head).isEqualTo(expected);
        }
      }
    }
  }

  /** Zero before the first. */
  private static float stored(KvCacheType type, float[] x, int i) {
    if (i < 0) {
      return 0;
    }
    return type == KvCacheType.F32 ? x[i] : Float.float16ToFloat(Float.floatToFloat16(x[i]));
  }
}
