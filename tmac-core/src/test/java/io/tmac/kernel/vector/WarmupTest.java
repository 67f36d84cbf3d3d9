package io.tmac.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Vectors take over when they are compiled, and not before. */
@Tag("allocation")
class WarmupTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  @ParameterizedTest
  @EnumSource
  void vectorsOfEachLayoutTakeOver(Layout layout) throws InterruptedException {
    assumeThat(Species.WIDE_SHORT.vectorBitSize())
        .as("vectors wider than the machine's are emulated with objects")
        .isLessThanOrEqualTo(FloatVector.SPECIES_PREFERRED.vectorBitSize());
    assumeThat(layout != Layout.WIDE || Species.WIDE_LOOKUP).as("the processor can").isTrue();
    Twins twins = Warmups.of(layout);
    await(Warmups.STEPS::vectors);
    await(twins.matvec()::vectors);
    await(twins.gemm()::vectors);
  }

  @Test
  void slowKernelsStayPlain() throws InterruptedException {
    AtomicInteger runs = new AtomicInteger();
    Warmup slow = new Warmup("slow", () -> new Warmup.Load(() -> sleep(runs), 1000));
    assertThat(slow.vectors()).isFalse();
    await(() -> runs.get() > 20);
    assertThat(slow.vectors()).isFalse();
  }

  @Test
  void fastKernelsAreNoticed() throws InterruptedException {
    Warmup fast = new Warmup("fast", () -> new Warmup.Load(() -> {}, 1_000_000));
    assertThat(fast.vectors()).as("the first question starts it").isFalse();
    await(fast::vectors);
  }

  private static void sleep(AtomicInteger runs) {
    runs.incrementAndGet();
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.sleep(10);
    }
  }
}
