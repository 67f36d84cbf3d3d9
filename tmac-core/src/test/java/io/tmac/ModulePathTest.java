package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.kernel.Kernels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs as a named module in a JVM without {@code --add-modules}. */
@Tag("module-path")
class ModulePathTest {

  @Test
  void theModuleAsksForTheVectorApiItself() {
    assertThat(Model.class.getModule().getName()).isEqualTo("io.tmac.core");
    assertThat(Kernels.provider().name()).isEqualTo("vector");
  }
}
