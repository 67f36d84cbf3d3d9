package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tmac.format.Matrix;
import io.tmac.testing.LlamaShape.Kind;
import io.tmac.testing.LlamaShape.Tensor;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Files of llama2.c and of the original program's quantisers: the numbers in them follow from the
 * float32 model they were made from.
 */
class PublicVectorsTest {
  private static final String QUANTIZERS = "vectors/public/quantizers";
  private static final String VERSIONED = "vectors/public/llama2c_v1v2";
  private static final String PROFILE = "P3_numpy_2.4.2";

  /** Models and the kinds of quantised files made from them: q4, q8v1, tmac, tm2. */
  static Stream<Arguments> quantized() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(Shared.path(QUANTIZERS + "/" + PROFILE))) {
      files
          .map(file -> file.getFileName().toString().split("\\."))
          .forEach(name -> cases.add(Arguments.of(name[0], name[1])));
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}.{1}")
  @MethodSource("quantized")
  void everyWeightIsWhatTheOriginalQuantizerMadeOfIt(String name, String kind) throws IOException {
    V0Source source = V0Source.read(Shared.path(QUANTIZERS + "/" + name + ".bin"));
    Checkpoint checkpoint = Reading.file(quantizedFile(PROFILE, name, kind));
    assertThat(checkpoint.config()).isEqualTo(source.shape().config());
    for (Tensor tensor : stored(source)) {
      float[] weights = source.tensors().get(tensor.name());
      float[] expected =
          tensor.kind() == Kind.NORM
              ? weights
              : switch (kind) {
                case "q4" -> OriginalQuantizer.int4(weights);
                case "q8v1" -> OriginalQuantizer.int8(weights);
                case "tmac" -> OriginalQuantizer.ternaryV1(weights);
                case "tm2" -> OriginalQuantizer.ternaryV2(weights, tensor.cols());
                default -> throw new IllegalArgumentException(kind);
              };
      assertThat(stacked(checkpoint, tensor)).as(tensor.name()).isEqualTo(expected);
    }
  }

  @ParameterizedTest(name = "{0}.{1}")
  @MethodSource("quantized")
  void theFileHasTheSizeOfTheManifest(String name, String kind) throws IOException {
    JsonNode output =
        Shared.json(QUANTIZERS + "/manifest.json").at("/models/" + name + "/outputs/" + kind);
    Checkpoint checkpoint = Reading.file(quantizedFile(PROFILE, name, kind));
    assertThat(checkpoint.fileBytes()).isEqualTo(output.at("/" + PROFILE + "/bytes").asLong());
  }

  /**
   * The same through the definition of a good quantiser: no weight moves by more than half a step.
   */
  @ParameterizedTest(name = "{0}.{1}")
  @MethodSource("quantized")
  void blockFormatsKeepWeightsWithinHalfAStep(String name, String kind) throws IOException {
    int steps = kind.equals("q4") ? 7 : kind.equals("q8v1") ? 127 : 0;
    boolean ordinaryValues = !name.equals("d_edge") && !name.equals("e_nan");
    if (steps > 0 && ordinaryValues) {
      V0Source source = V0Source.read(Shared.path(QUANTIZERS + "/" + name + ".bin"));
      Checkpoint checkpoint = Reading.file(quantizedFile(PROFILE, name, kind));
      for (Tensor tensor : matrices(source)) {
        float[] weights = source.tensors().get(tensor.name());
        float[] read = stacked(checkpoint, tensor);
        assertWithinHalfAStep(read, weights, 32, steps, tensor.name());
      }
    }
  }

  /** Files of other numpy versions differ in few codes; f_thresh has such codes in every row. */
  @ParameterizedTest
  @MethodSource("otherProfiles")
  void filesOfOtherNumpyVersionsAreReadToo(String profile, String name, String kind)
      throws IOException {
    Checkpoint other = Reading.file(quantizedFile(profile, name, kind));
    Checkpoint golden = Reading.file(quantizedFile(PROFILE, name, kind));
    assertThat(other.config()).isEqualTo(golden.config());
    long differences = 0;
    for (String tensor : golden.tensors().keySet()) {
      float[] a = Reading.values(other.tensors().get(tensor));
      float[] b = Reading.values(golden.tensors().get(tensor));
      for (int i = 0; i < a.length; i++) {
        differences += Math.signum(a[i]) != Math.signum(b[i]) ? 1 : 0;
      }
    }
    assertThat(differences).isBetween(1L, 1000L);
  }

  static Stream<Arguments> otherProfiles() {
    return Stream.of(
        Arguments.of("P1_numpy_1.24.2", "f_thresh", "tm2"),
        Arguments.of("P1_numpy_1.24.2", "f_thresh", "tmac"),
        Arguments.of("P2_numpy_2.1.3", "f_thresh", "tmac"));
  }

  @ParameterizedTest
  @MethodSource("versioned")
  void v0IsReadAsItIs(String name) throws IOException {
    Path file = Shared.path(QUANTIZERS + "/" + name + ".bin");
    V0Source source = V0Source.read(file);
    Checkpoint v0 = Reading.file(file);
    assertThat(v0.config()).isEqualTo(source.shape().config());
    for (Tensor tensor : stored(source)) {
      assertThat(stacked(v0, tensor)).isEqualTo(source.tensors().get(tensor.name()));
    }
  }

  @ParameterizedTest
  @MethodSource("versioned")
  void v1HasTheTensorsOfV0BitForBit(String name) throws IOException {
    Checkpoint v0 = Reading.file(Shared.path(QUANTIZERS + "/" + name + ".bin"));
    Checkpoint v1 = Reading.file(Shared.path(VERSIONED + "/" + name + ".v1.bin"));
    assertThat(v1.config()).isEqualTo(v0.config());
    assertThat(v1.tensors()).hasSameSizeAs(v0.tensors());
    v0.tensors()
        .forEach((tensor, matrix) ->
            assertThat(bits(v1.tensors().get(tensor))).as(tensor).isEqualTo(bits(matrix)));
  }

  /** The groups of stories260K's w2 cross rows: 172 columns, groups of 64. */
  @ParameterizedTest
  @MethodSource("versioned")
  void v2IsWithinHalfAStepOfV1(String name) throws IOException {
    Checkpoint v1 = Reading.file(Shared.path(VERSIONED + "/" + name + ".v1.bin"));
    Checkpoint v2 = Reading.file(Shared.path(VERSIONED + "/" + name + ".v2.bin"));
    assertThat(v2.config()).isEqualTo(v1.config());
    assertThat(v2.tensors()).hasSameSizeAs(v1.tensors());
    int group = name.equals("stories260K") ? 64 : 4;
    v1.tensors()
        .forEach((tensor, matrix) -> {
          float[] exact = Reading.values(matrix);
          float[] rounded = Reading.values(v2.tensors().get(tensor));
          if (matrix.rows() == 1) {
            assertThat(rounded).as(tensor).isEqualTo(exact);
          } else {
            assertWithinHalfAStep(rounded, exact, group, 127, tensor);
          }
        });
  }

  static Stream<String> versioned() {
    return Stream.of("stories260K", "b_unshared");
  }

  private static Path quantizedFile(String profile, String name, String kind) {
    return Shared.path(QUANTIZERS + "/" + profile + "/" + name + "." + kind + ".bin");
  }

  /** Half a step is half of a group's largest weight / steps, plus the rounding of the scale. */
  private static void assertWithinHalfAStep(
      float[] actual, float[] exact, int group, int steps, String tensor) {
    for (int first = 0; first < exact.length; first += group) {
      int end = Math.min(first + group, exact.length);
      float max = 0;
      for (int i = first; i < end; i++) {
        max = Math.max(max, Math.abs(exact[i]));
      }
      double allowed = max / steps * 0.5 * (1 + 1e-5) + max / 2048;
      for (int i = first; i < end; i++) {
        if (!(Math.abs((double) actual[i] - exact[i]) <= allowed)) {
          fail("%s[%d] = %s instead of %s", tensor, i, actual[i], exact[i]);
        }
      }
    }
  }

  private static List<Tensor> stored(V0Source source) {
    return source.shape().tensors().stream().filter(t -> t.kind() != Kind.ROPE_TABLE).toList();
  }

  private static List<Tensor> matrices(V0Source source) {
    return source.shape().tensors().stream().filter(t -> t.kind() == Kind.MATRIX).toList();
  }

  /** The values of all layers of a tensor. */
  private static float[] stacked(Checkpoint checkpoint, Tensor tensor) {
    float[] values = new float[tensor.elements()];
    int at = 0;
    for (String name : tensor.names()) {
      float[] layer = Reading.values(checkpoint.tensors().get(name));
      System.arraycopy(layer, 0, values, at, layer.length);
      at += layer.length;
    }
    return values;
  }

  private static int[] bits(Matrix matrix) {
    float[] values = Reading.values(matrix);
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
