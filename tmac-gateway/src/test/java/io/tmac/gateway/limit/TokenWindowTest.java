package io.tmac.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class TokenWindowTest {
  private static final long SECOND = 1_000_000_000;

  private record Use(long time, int tokens) {}

  /** A token counts for a minute at least, and a second more at most. */
  @Property
  void countsEachTokenForAMinute(
      @ForAll @Size(max = 60) List<@IntRange(max = 9_000) Integer> millis,
      @ForAll @IntRange(min = 1, max = 50) int tokens,
      @ForAll long start) {
    TokenWindow window = new TokenWindow();
    List<Use> uses = new ArrayList<>();
    long now = Math.floorDiv(start, 4);
    for (int step : millis) {
      now += step * 1_000_000L;
      window.add(now, tokens);
      uses.add(new Use(now, tokens));
      long then = now;
      long least = uses.stream().filter(u -> then - u.time < 60 * SECOND).count() * tokens;
      long most = uses.stream().filter(u -> then - u.time < 61 * SECOND).count() * tokens;
      assertThat(window.used(now)).isBetween(least, most);
    }
  }

  @Property
  void saysWhenThereIsRoomAgain(
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 3_000) Integer> millis,
      @ForAll @IntRange(min = 1, max = 100) int limit) {
    TokenWindow window = new TokenWindow();
    long now = 0;
    for (int step : millis) {
      now += step * 1_000_000L;
      window.add(now, 5);
    }
    long wait = window.untilFree(now, limit);
    assertThat(wait == 0).isEqualTo(window.used(now) < limit);
    if (wait > 0) {
      assertThat(window.used(now + wait - 1)).isGreaterThanOrEqualTo(limit);
      assertThat(window.used(now + wait)).isLessThan(limit);
    }
  }
}
