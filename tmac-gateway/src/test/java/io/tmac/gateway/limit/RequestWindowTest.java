package io.tmac.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RequestWindowTest {
  private static final long LENGTH = 100;

  @Test
  void aRequestCountsUntilTheWindowLaterAndNotThen() {
    RequestWindow window = new RequestWindow(LENGTH);
    window.add(1000);
    assertThat(window.untilFree(1000, 1)).isEqualTo(100);
    assertThat(window.untilFree(1099, 1)).isEqualTo(1);
    assertThat(window.untilFree(1100, 1)).isZero();
    assertThat(window.count(1100)).isZero();
  }

  @Test
  void isNotFooledByTheEndOfTheClock() {
    RequestWindow window = new RequestWindow(LENGTH);
    window.add(Long.MAX_VALUE - 10);
    assertThat(window.untilFree(Long.MIN_VALUE + 10, 1)).isPositive();
    assertThat(window.untilFree(Long.MIN_VALUE + 89, 1)).isZero();
  }

  /** The law, against a list that is never forgotten: what is let in, and when again. */
  @Property
  void agreesWithTheNaiveModel(
      @ForAll @Size(max = 200) List<@IntRange(max = 40) Integer> steps,
      @ForAll @IntRange(min = 1, max = 12) int limit) {
    RequestWindow window = new RequestWindow(LENGTH);
    List<Long> accepted = new ArrayList<>();
    long now = 0;
    for (int step : steps) {
      now += step;
      long then = now;
      long counted = accepted.stream().filter(time -> then - time < LENGTH).count();
      assertThat(window.count(now)).isEqualTo((int) counted);
      long wait = window.untilFree(now, limit);
      assertThat(wait == 0).isEqualTo(counted < limit);
      if (wait == 0) {
        window.add(now);
        accepted.add(now);
      } else {
        long earlier = now + wait - 1;
        assertThat(accepted.stream().filter(time -> earlier - time < LENGTH).count())
            .isGreaterThanOrEqualTo(limit);
        assertThat(accepted.stream().filter(time -> earlier + 1 - time < LENGTH).count())
            .isLessThan(limit);
      }
    }
  }

  @Property
  void noSpanOfAWindowsLengthHasMoreThanTheLimit(
      @ForAll @Size(max = 200) List<@IntRange(max = 30) Integer> steps,
      @ForAll @IntRange(min = 1, max = 6) int limit) {
    RequestWindow window = new RequestWindow(LENGTH);
    List<Long> accepted = new ArrayList<>();
    long now = 0;
    for (int step : steps) {
      now += step;
      if (window.untilFree(now, limit) == 0) {
        window.add(now);
        accepted.add(now);
      }
    }
    for (long start : accepted) {
      assertThat(accepted.stream().filter(time -> time >= start && time < start + LENGTH).count())
          .isLessThanOrEqualTo(limit);
    }
  }

  /** A key whose limit was lowered waits until enough of its old requests are forgotten. */
  @Test
  void obeysALowerLimitAtOnce() {
    RequestWindow window = new RequestWindow(LENGTH);
    for (int i = 0; i < 10; i++) {
      window.add(i);
    }
    assertThat(window.untilFree(50, 3)).isEqualTo(7 + LENGTH - 50);
    assertThat(window.untilFree(107, 3)).isZero();
  }
}
