package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Files that the original programs wrote, byte for byte. */
class PublicVectorsTest {
  private static final String QUANTIZERS = "vectors/public/quantizers";
  private static final String GOLDEN = "P3_numpy_2.4.2";
  private static final String NOT_FINITE = "e_nan";

  @TempDir Path folder;

  /** Each model whose input is there, with each output of the profile that is the rule. */
  static Stream<Arguments> outputs() {
    JsonNode models = Shared.json(QUANTIZERS + "/manifest.json").get("models");
    Path inputs = Shared.path(QUANTIZERS);
    return models
        .propertyStream()
        .filter(model -> Files.exists(inputs.resolve(model.getKey() + ".bin")))
        .flatMap(model ->
            model
                .getValue()
                .get("outputs")
                .propertyStream()
                .map(output ->
                    Arguments.of(
                        model.getKey(),
                        output.getKey(),
                        output.getValue().get(GOLDEN).get("sha256").stringValue())));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("outputs")
  void portsWriteTheSameBytes(String model, String extension, String sha256) throws IOException {
    Path in = Shared.path(QUANTIZERS + "/" + model + ".bin");
    Path out = folder.resolve("out");
    if (model.equals(NOT_FINITE)) {
      assertThatThrownBy(() -> write(in, extension, out))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContainingAll("e_nan.bin", "tok_embeddings", "NaN", "row 0, column 3");
      assertThat(folder).isEmptyDirectory();
    } else {
      write(in, extension, out);
      assertThat(sha256(out)).isEqualTo(sha256);
    }
  }

  @ParameterizedTest
  @CsvSource({"stories260K, v1", "stories260K, v2", "b_unshared, v1", "b_unshared, v2"})
  void conversionsAreThoseOfLlama2c(String model, String version) throws IOException {
    Path in = Shared.path(QUANTIZERS + "/" + model + ".bin");
    Path out = folder.resolve("out");
    Converter.from(in).to(ConvertFormat.of(version)).write(out);
    Path expected = Shared.path("vectors/public/llama2c_v1v2/" + model + "." + version + ".bin");
    assertThat(out).hasSameBinaryContentAs(expected);
  }

  private static void write(Path in, String extension, Path out) throws IOException {
    switch (extension) {
      case "q4" -> Quantizer.from(in).format(QuantFormat.INT4).write(out);
      case "tmac" -> Quantizer.from(in).format(QuantFormat.TERNARY_V1).write(out);
      case "tm2" -> Quantizer.from(in).format(QuantFormat.TERNARY_V2).write(out);
      case "q8v1" -> Converter.from(in).to(ConvertFormat.Q8V1).write(out);
      default -> throw new IllegalArgumentException(extension);
    }
  }

  private static String sha256(Path file) throws IOException {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
