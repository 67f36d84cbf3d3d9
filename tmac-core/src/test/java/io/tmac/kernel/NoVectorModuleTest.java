package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.Model;
import io.tmac.ModelInfo;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A JVM that was started without {@code --add-modules jdk.incubator.vector}. */
@Tag("no-vector")
class NoVectorModuleTest {
  private static final String FLAG = "--add-modules jdk.incubator.vector";
  private static ModelInfo info;
  private static float[][] logits;
  private static String log;

  /** Loads two models: the choice is made, and the warning logged, once per JVM. */
  @BeforeAll
  static void load() throws IOException {
    PrintStream err = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try {
      for (Container container : new Container[] {Container.Q4V1, Container.TM2}) {
        byte[] bytes = TinyModels.of(container, LlamaShape.EVEN, 1).bytes();
        try (Model model =
            Model.load(new ByteArrayInputStream(bytes), "tiny", ModelOptions.DEFAULT)) {
          info = model.info();
          logits = model.newSession().logits(new int[] {1, 2, 3});
        }
      }
    } finally {
      System.setErr(err);
    }
    log = captured.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theModuleIsMissing() {
    assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector")).isEmpty();
  }

  @Test
  void modelsRunOnScalarKernels() {
    assertThat(info.kernels()).isEqualTo("scalar");
    assertThat(info.vectorBits()).isZero();
    assertThat(logits).hasNumberOfRows(3);
    for (float logit : logits[2]) {
      assertThat(logit).isFinite();
    }
  }

  @Test
  void oneWarningNamesTheFlag() {
    assertThat(log.lines().filter(line -> line.contains("WARN")))
        .singleElement()
        .asString()
        .contains(FLAG);
  }

  @Test
  void forcedVectorsFailAndNameTheFlag() {
    assertThatExceptionOfType(TmacException.class)
        .isThrownBy(() -> Kernels.choose("vector"))
        .withMessageContaining(FLAG);
  }

  @Test
  void scalarKernelsMayBeChosen() {
    assertThat(Kernels.choose("scalar").name()).isEqualTo("scalar");
  }
}
