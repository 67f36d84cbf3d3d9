package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.ModelConfig.Gate;
import io.tmac.ModelConfig.RopePairs;
import io.tmac.ModelFormatException;
import io.tmac.testing.Encoding;
import io.tmac.testing.FileBytes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TM2 files whose tensors follow layer after layer, with the norms of BitNet. */
class LayerMajorReaderTest {
  private static final int DIM = 12;
  private static final int HIDDEN = 22;
  private static final int KV_DIM = 6;
  private static final int VOCABULARY = 9;

  private final Map<String, float[]> values = new LinkedHashMap<>();

  @ParameterizedTest
  @CsvSource({"1, 9", "1, -9", "2, 9", "2, -9", "3, -9"})
  void everyTensorHasItsNameAndValues(int layers, int vocabulary) {
    Checkpoint checkpoint = Reading.bytes("bitnet.tm2", file(layers, vocabulary));
    assertThat(checkpoint.container()).isEqualTo("TM2");
    assertThat(checkpoint.architecture()).isEqualTo("bitnet");
    assertThat(checkpoint.classifierName()).isEqualTo(Checkpoint.OUTPUT);
    assertThat(checkpoint.ropeTables()).isEmpty();
    assertThat(checkpoint.tensors().keySet()).containsExactlyElementsOf(values.keySet());
    values.forEach((name, expected) ->
        assertThat(Reading.values(checkpoint.tensor(name))).as(name).isEqualTo(expected));
  }

  @Test
  void theModelIsABitNetWhoseInputsAreNotRounded() {
    var config = Reading.bytes("bitnet.tm2", file(2, -VOCABULARY)).config();
    assertThat(config.gate()).isEqualTo(Gate.SQUARED_RELU);
    assertThat(config.ropeTheta()).isEqualTo(500_000);
    assertThat(config.ropePairs()).isEqualTo(RopePairs.INTERLEAVED);
    assertThat(config.int8Inputs()).isFalse();
    assertThat(config.vocabSize()).isEqualTo(VOCABULARY);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aFileThatIsCutOrTooLongIsRefused(int layers) {
    byte[] file = file(layers, -VOCABULARY);
    for (int length = 0; length <= file.length + 1; length++) {
      byte[] other = Arrays.copyOf(file, length);
      if (length != file.length) {
        assertThatExceptionOfType(ModelFormatException.class)
            .as("%d of %d bytes", length, file.length)
            .isThrownBy(() -> Reading.bytes("bitnet.tm2", other))
            .withMessageContaining("bitnet.tm2");
      }
    }
  }

  private byte[] file(int layers, int vocabulary) {
    values.clear();
    FileBytes out = new FileBytes().text("TM2\0");
    out.int32s(DIM, HIDDEN, layers, 2, 1, vocabulary, 16);
    matrix(out, "tok_embeddings", VOCABULARY, DIM);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "layers." + layer + ".";
      norm(out, prefix + "attention_norm", DIM);
      matrix(out, prefix + "wq", DIM, DIM);
      matrix(out, prefix + "wk", KV_DIM, DIM);
      matrix(out, prefix + "wv", KV_DIM, DIM);
      matrix(out, prefix + "wo", DIM, DIM);
      norm(out, prefix + "attention_sub_norm", DIM);
      norm(out, prefix + "ffn_norm", DIM);
      matrix(out, prefix + "w1", HIDDEN, DIM);
      matrix(out, prefix + "w3", HIDDEN, DIM);
      matrix(out, prefix + "w2", DIM, HIDDEN);
      norm(out, prefix + "ffn_sub_norm", HIDDEN);
    }
    norm(out, "norm", DIM);
    matrix(out, "output", VOCABULARY, DIM);
    return out.toByteArray();
  }

  private void matrix(FileBytes out, String name, int rows, int cols) {
    out.write(1);
    out.int32s(rows, cols);
    var encoded = Encoding.tm2(rows, cols, new Random(name.hashCode()));
    out.writeBytes(encoded.bytes());
    values.put(name, encoded.values());
  }

  private void norm(FileBytes out, String name, int cols) {
    out.write(0);
    Random random = new Random(name.hashCode());
    float[] norm = new float[cols];
    for (int i = 0; i < cols; i++) {
      norm[i] = random.nextFloat();
      out.float32(norm[i]);
    }
    values.put(name, norm);
  }
}
