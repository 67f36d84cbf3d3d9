package io.tmac.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SplitMix64Test {

  @Test
  void givesThePublishedValuesOfSeed1234567() {
    SplitMix64 random = new SplitMix64(1234567);

    assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("6457827717110365317");
    assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("3203168211198807973");
    assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("9817491932198370423");
    assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("4593380528125082431");
    assertThat(Long.toUnsignedString(random.nextLong())).isEqualTo("16408922859458223821");
  }

  @Property(tries = 100)
  void agreesWithTheJdksImplementation(@ForAll long seed) {
    SplitMix64 random = new SplitMix64(seed);
    SplittableRandom expected = new SplittableRandom(seed);

    for (int i = 0; i < 10; i++) {
      assertThat(random.nextLong()).isEqualTo(expected.nextLong());
    }
  }

  @Test
  void doublesAreTheHigh53BitsAndBelowOne() {
    assertThat(new SplitMix64(1234567).nextDouble())
        .isEqualTo((6457827717110365317L >>> 11) / 9007199254740992.0);

    SplitMix64 random = new SplitMix64(0);
    for (int i = 0; i < 10_000; i++) {
      assertThat(random.nextDouble()).isGreaterThanOrEqualTo(0).isLessThan(1);
    }
  }
}
