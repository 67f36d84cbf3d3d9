package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.TmacException;
import io.tmac.quant.WindowedText.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WindowedTextTest {
  private static final int BOS = -1;

  @Test
  void cutsAsTheDrawingSays() {
    assertThat(windows(new int[] {BOS}, 9, new Windows(6, 2)))
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactly(
            new Window(new int[] {BOS, 0, 1, 2, 3, 4}, 1),
            new Window(new int[] {BOS, 2, 3, 4, 5, 6}, 4),
            new Window(new int[] {BOS, 4, 5, 6, 7, 8}, 4));
  }

  @Test
  void theLastWindowMayBeShorter() {
    assertThat(windows(new int[0], 9, Windows.disjoint(4)))
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactly(
            new Window(new int[] {0, 1, 2, 3}, 1),
            new Window(new int[] {4, 5, 6, 7}, 1),
            new Window(new int[] {8}, 1));
    assertThat(windows(new int[] {BOS}, 7, new Windows(5, 2)).getLast())
        .usingRecursiveComparison()
        .isEqualTo(new Window(new int[] {BOS, 4, 5, 6}, 3));
  }

  @Property
  void everyTokenIsScoredOnceAndHasItsContext(
      @ForAll boolean bos,
      @ForAll @IntRange(min = 2, max = 60) int length,
      @ForAll @IntRange(min = 2, max = 12) int size,
      @ForAll @IntRange(min = 1, max = 11) int stride) {
    int[] begin = bos ? new int[] {BOS} : new int[0];
    int step = Math.min(stride, size - begin.length);
    List<Integer> scored = new ArrayList<>();
    List<Window> windows = windows(begin, length, new Windows(size, step));
    for (int w = 0; w < windows.size(); w++) {
      Window window = windows.get(w);
      assertThat(window.tokens().length).isBetween(begin.length + 1, size);
      assertThat(window.firstScored()).isPositive();
      for (int i = window.firstScored(); i < window.tokens().length; i++) {
        scored.add(window.tokens()[i]);
        if (w > 0) {
          assertThat(i).isGreaterThanOrEqualTo(size - step);
        }
      }
    }
    // Without BOS nothing predicts the first token, nor without overlap that of any window.
    int[] all = IntStream.range(0, length).toArray();
    int[] expected =
        bos ? all : IntStream.of(all).filter(i -> i > 0 && (step < size || i % size > 0)).toArray();
    assertThat(scored).containsExactly(IntStream.of(expected).boxed().toArray(Integer[]::new));
  }

  @Test
  void refusesStridesThatLeaveTokensOutAndTextsWithNothingToPredict() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> windows(new int[] {BOS}, 9, new Windows(6, 6)))
        .withMessageContaining("from 1 to the 5 text tokens of a window: 6");
    assertThatIllegalArgumentException().isThrownBy(() -> new Windows(6, -1));
    assertThatIllegalArgumentException().isThrownBy(() -> Windows.disjoint(1));
    assertThatThrownBy(() -> windows(new int[0], 1, Windows.disjoint(6)))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("the text has 1 tokens; there is nothing to predict");
  }

  private static List<Window> windows(int[] begin, int length, Windows windows) {
    List<Window> list = new ArrayList<>();
    WindowedText.cut(begin, IntStream.range(0, length).toArray(), windows).forEach(list::add);
    return list;
  }
}
