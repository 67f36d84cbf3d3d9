package io.tmac.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.format.Matrix;
import java.lang.foreign.Arena;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a GGUF file's tensors say of its model. */
class GgufReaderTest {

  /** The same model as a folder without packed weights does not round its inputs either. */
  @ParameterizedTest
  @CsvSource({
    "TQ2_0, TQ2_0, F16, true",
    "I2_S, I2_S, F16, true",
    "F32, TQ1_0, F16, true",
    "F32, F16, TQ2_0, false",
    "Q8_0, Q8_0, F16, false"
  })
  void bitNetRoundsTheInputsOfPackedMatrices(
      GgufType wq, GgufType w2, GgufType embedding, boolean rounds) {
    assertThat(
            GgufReader.anyTernary(
                Map.of(
                    "layers.0.wq", matrix(wq), "layers.0.w2", matrix(w2), "x", matrix(embedding))))
        .isEqualTo(rounds);
  }

  private static Matrix matrix(GgufType type) {
    return new Matrix(
        "m", 2, 256, type.format(), Arena.ofAuto().allocate(type.format().byteSize(2, 256)), 0);
  }
}
