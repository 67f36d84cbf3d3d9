package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import io.tmac.Activations;
import io.tmac.KvCacheType;
import io.tmac.kernel.TestMatrices.Kind;
import io.tmac.kernel.vector.VectorKernels;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Compiled vector kernels keep their vectors in registers. One that the compiler cannot see through
 * makes an object of each vector, and runs many times slower.
 */
@Tag("allocation")
class KernelAllocationTest {
  private static final VectorKernels KERNELS = new VectorKernels();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CALLS = 2000;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  @BeforeEach
  void widthIsThatOfTheMachine() {
    assumeThat(KERNELS.vectorBits())
        .as("vectors wider than the machine's are emulated with objects")
        .isLessThanOrEqualTo(FloatVector.SPECIES_PREFERRED.vectorBitSize());
  }

  @ParameterizedTest
  @CsvSource({
    "F32, F32",
    "INT4, INT8",
    "INT8_GROUPS, INT8",
    "Q4_1, INT8",
    "Q5_1, INT8",
    "I2_S, INT8",
    "TERNARY_V1, INT8",
    "TERNARY_V2, INT8",
    "TERNARY_V2, INT7",
    "INT4, F32",
    "TERNARY_V2, F32"
  })
  void multiplyingAllocatesNothing(Kind kind, Activations activations) {
    Linear linear = Products.linear(KERNELS, kind.random(32, 128, 1), activations);
    Scratch scratch = new Scratch(128);
    for (int tokens : new int[] {2, 64}) {
      Input in = Products.input(KERNELS, linear, Products.randomInput(tokens * 128, 2));
      float[] out = new float[tokens * 32];
      assertAllocatesNothing(() -> linear.multiply(in, tokens, out, 0, 32, scratch));
    }
  }

  @Test
  void lookingUpManyRowsAllocatesNothing() {
    Linear linear = Products.linear(KERNELS, Kind.TERNARY_V2.random(200, 800, 1), Activations.INT8);
    Input in = Products.input(KERNELS, linear, Products.randomInput(800, 2));
    float[] out = new float[200];
    Scratch scratch = new Scratch(800);
    assertAllocatesNothing(() -> {
      KERNELS.prepare(in, linear.form(1), 0);
      linear.multiply(in, 1, out, 0, 200, scratch);
    });
  }

  @ParameterizedTest
  @CsvSource({"INT8_BLOCKS", "INT8_HALF_BLOCKS", "INT8_TOKEN", "LOOKUP", "INT7_LOOKUP"})
  void preparingAllocatesNothing(InputForm form) {
    Input in = new Input(172);
    in.reserve(1);
    in.reserve(form, 1);
    System.arraycopy(Products.randomInput(172, 3), 0, in.x, 0, 172);
    assertAllocatesNothing(() -> KERNELS.prepare(in, form, 0));
  }

  /** Twenty-two queries of eleven tokens: blocks of four, and single ones. */
  @ParameterizedTest
  @EnumSource
  void attentionAllocatesNothing(KvCacheType type) {
    KvPages cache = new KvPages(type, 1, 56);
    cache.reserve(100);
    float[] kv = Products.randomInput(100 * 56, 4);
    cache.put(0, 100, kv, kv);
    float[] q = Products.randomInput(22 * 56, 5);
    float[] out = new float[q.length];
    Scratch scratch = new Scratch(8);
    assertAllocatesNothing(() -> KERNELS.attend(q, cache, 0, 2, 89, 0, 22, scratch, out));
  }

  @ParameterizedTest
  @EnumSource
  void attentionOfOneQueryAllocatesNothing(KvCacheType type) {
    KvPages cache = new KvPages(type, 1, 56);
    cache.reserve(100);
    float[] kv = Products.randomInput(100 * 56, 4);
    float[] out = new float[56];
    Scratch scratch = new Scratch(8);
    assertAllocatesNothing(() -> {
      cache.put(0, 100, kv, kv);
      KERNELS.attend(kv, cache, 0, 1, 99, 0, 1, scratch, out);
    });
  }

  @Test
  void swigluAllocatesNothing() {
    float[] gate = Products.randomInput(172, 5);
    float[] up = Products.randomInput(172, 6);
    assertAllocatesNothing(() -> KERNELS.swiglu(gate, up, 0, 172));
  }

  /** Calls until the compiler has done its work. */
  private static void assertAllocatesNothing(Runnable kernel) {
    long deadline = System.nanoTime() + PATIENCE;
    long bytes;
    do {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < CALLS; call++) {
        kernel.run();
      }
      bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > CALLS && System.nanoTime() < deadline);
    assertThat(bytes / CALLS).as("bytes per call").isZero();
  }
}
