package io.tmac.gateway.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tmac.gateway.store.Database;
import io.tmac.gateway.store.StoreException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatisticsTest {
  private static final Series CHAT = new Series("key-a", "/api/chat", "small");

  @Property
  void percentilesAreWithinTenPercent(
      @ForAll @Size(min = 1, max = 300)
          List<@LongRange(min = 1000, max = 3_600_000_000L) Long> micros,
      @ForAll @IntRange(min = 1, max = 100) int percent) {
    Totals totals = new Totals();
    micros.forEach(time -> totals.add(200, time, 0, 0));
    List<Long> sorted = micros.stream().sorted().toList();
    long exact = sorted.get((int) Math.ceil(percent / 100.0 * sorted.size()) - 1);
    assertThat(totals.percentileMillis(percent / 100.0))
        .isCloseTo(exact / 1000.0, Percentage.withPercentage(10.1));
    assertThat(totals.averageMillis())
        .isCloseTo(
            micros.stream().mapToLong(Long::longValue).average().orElseThrow() / 1000,
            within(0.001));
  }

  @Test
  void totalsSurviveARestart(@TempDir Path folder) {
    String url = "jdbc:h2:file:" + folder.resolve("gateway");
    for (int start = 1; start <= 3; start++) {
      try (Database database = Database.open(url, "", "")) {
        Statistics statistics = new Statistics(database);
        statistics.add(CHAT, 200, 1000 * start, 10, 5);
        statistics.add(CHAT, 404, 2000, 0, 0);
        statistics.add(CHAT, 503, 3000, 0, 0);
        statistics.flush();
        statistics.flush();
        Totals totals = statistics.of("key-a").get(CHAT);
        assertThat(totals.requests).isEqualTo(3L * start);
        assertThat(totals.successful()).isEqualTo(start);
        assertThat(totals.clientErrors).isEqualTo(start);
        assertThat(totals.serverErrors).isEqualTo(start);
        assertThat(totals.tokens()).isEqualTo(15L * start);
        assertThat(totals.minMillis()).isEqualTo(1);
        assertThat(totals.maxMillis()).isEqualTo(3);
        assertThat(totals.times.values().stream().mapToLong(Long::longValue).sum())
            .isEqualTo(3L * start);
      }
    }
  }

  @Test
  void callersAreKeptApart() {
    try (Database database = Database.open("jdbc:h2:mem:", "", "")) {
      Statistics statistics = new Statistics(database);
      statistics.add(CHAT, 200, 1000, 10, 5);
      statistics.add(new Series("key-b", "/api/chat", "small"), 200, 9000, 20, 7);
      assertThat(statistics.of("key-a")).containsOnlyKeys(CHAT);
      assertThat(statistics.of("key-a").get(CHAT).tokens()).isEqualTo(15);
      assertThat(statistics.of("nobody")).isEmpty();
      assertThat(statistics.of("key-%")).isEmpty();
      assertThat(statistics.all().get(new Series("", "/api/chat", "small")).tokens()).isEqualTo(42);
      assertThat(statistics.byPrincipal()).hasSize(2);
    }
  }

  @Test
  void nothingIsLostWhileTheDatabaseIsAway(@TempDir Path folder) {
    String url = "jdbc:h2:file:" + folder.resolve("gateway");
    Database database = Database.open(url, "", "");
    Statistics statistics = new Statistics(database);
    statistics.add(CHAT, 200, 1000, 1, 1);
    database.close();
    assertThatThrownBy(statistics::flush).isInstanceOf(StoreException.class);
    statistics.add(CHAT, 200, 1000, 1, 1);
    assertThatThrownBy(statistics::flush).isInstanceOf(StoreException.class);
    Map<Series, Totals> kept = statistics.pending();
    assertThat(kept.get(CHAT).requests).isEqualTo(2);
  }

  @Test
  void whatIsNotWrittenYetIsBounded() {
    try (Database database = Database.open("jdbc:h2:mem:", "", "")) {
      Statistics statistics = new Statistics(database);
      for (int i = 0; i < 30_000; i++) {
        statistics.add(new Series("sub:" + i, "/api/chat", ""), 200, 1, 0, 0);
      }
      assertThat(statistics.pending()).hasSizeLessThanOrEqualTo(20_001);
      assertThat(statistics.pending().values().stream().mapToLong(t -> t.requests).sum())
          .isEqualTo(30_000);
    }
  }

  @Test
  void countsTheLastMinute() {
    long[] nanos = {5};
    Recent recent = new Recent(() -> nanos[0]);
    for (int i = 0; i < 120; i++) {
      recent.add();
      nanos[0] += 1_000_000_000;
    }
    nanos[0] -= 1_000_000_000;
    assertThat(recent.perSecond()).isEqualTo(1);
    nanos[0] += 30_000_000_000L;
    assertThat(recent.perSecond()).isEqualTo(0.5);
    nanos[0] += 300_000_000_000L;
    assertThat(recent.perSecond()).isZero();
  }
}
