package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.kernel.vector.VectorKernels;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The system properties choose what runs, so that a test run of a variant tests that variant. */
@Tag("kernel")
class ActiveKernelsTest {

  @Test
  void theProviderIsTheOneThatThePropertyNames() {
    String wanted = System.getProperty("tmac.kernels", "auto");
    assertThat(Kernels.provider().name()).isEqualTo(wanted.equals("scalar") ? "scalar" : "vector");
    assertThat(Kernels.provider()).isSameAs(Kernels.provider());
  }

  @Test
  void theWidthIsTheOneThatThePropertyNames() {
    int wanted =
        Integer.getInteger(
            "tmac.vectorBits", Math.min(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 256));
    assertThat(new VectorKernels().vectorBits()).isEqualTo(wanted);
    assertThat(Kernels.provider().vectorBits())
        .isEqualTo(Kernels.provider().name().equals("vector") ? wanted : 0);
  }
}
