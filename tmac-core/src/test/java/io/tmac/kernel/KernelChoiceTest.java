package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code -Dtmac.kernels} means when the vector module is present. */
class KernelChoiceTest {

  @ParameterizedTest
  @CsvSource({"auto,vector", "vector,vector", "VECTOR,vector", "scalar,scalar", "Scalar,scalar"})
  void namesChooseProviders(String wanted, String chosen) {
    assertThat(Kernels.choose(wanted).name()).isEqualTo(chosen);
  }

  @Test
  void otherNamesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Kernels.choose("avx"))
        .withMessageContainingAll("tmac.kernels", "auto, scalar or vector", "avx");
  }

  @Test
  void scalarHasNoVectors() {
    assertThat(Kernels.choose("scalar").vectorBits()).isZero();
    assertThat(Kernels.choose("vector").vectorBits()).isIn(128, 256, 512);
  }

  @Test
  void thereAreAsManyCoresAsTheJvmMayUseAtMost() {
    assertThat(Cores.usable()).isBetween(1, Runtime.getRuntime().availableProcessors());
  }
}
