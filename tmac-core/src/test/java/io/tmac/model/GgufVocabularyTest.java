package io.tmac.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.gguf.GgufFile;
import io.tmac.testing.GgufBytes;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufVocabularyTest {
  private static final String KEY = "tokenizer.ggml.";
  private static final List<String> PIECES =
      List.of("<unk>", "<s>", "</s>", "\u2581", "a", "\u2581a");

  @TempDir Path folder;

  @Test
  void readsASentencePieceVocabulary() {
    Tokenizer tokenizer = read(sentencePiece().ints(KEY + "token_type", 2, 3, 3, 1, 1, 1));
    assertThat(tokenizer.encode("a", EncodeOptions.PROMPT)).containsExactly(1, 5);
    assertThat(tokenizer.isEndOfText(2)).isTrue();
    assertThat(tokenizer.isControl(0)).isTrue();
  }

  @Test
  void knowsBytesByTheirNamesWhereTypesAreMissing() {
    GgufBytes file =
        new GgufBytes()
            .string(KEY + "model", "llama")
            .strings(KEY + "tokens", List.of("<unk>", "<s>", "</s>", "\u2581", "<0xC3>", "<0xA9>"))
            .floats(KEY + "scores", 0, 0, 0, -1, 0, 0);
    Tokenizer tokenizer = read(file);
    assertThat(tokenizer.encode("é")).containsExactly(3, 4, 5);
    assertThat(tokenizer.decode(new int[] {3, 4, 5})).isEqualTo("é");
  }

  @Test
  void obeysTheKeysThatSayWhatGoesAroundAText() {
    Tokenizer tokenizer =
        read(
            sentencePiece()
                .bool(KEY + "add_space_prefix", false)
                .bool(KEY + "add_bos_token", false)
                .bool(KEY + "add_eos_token", true)
                .uint32(KEY + "eot_token_id", 4));
    assertThat(tokenizer.encode("a", EncodeOptions.PROMPT)).containsExactly(4, 2);
    assertThat(tokenizer.isEndOfText(4)).isTrue();
    assertThat(tokenizer.addsBos()).isFalse();
  }

  @Test
  void passesOverIdsThatAreNoTokens() {
    Tokenizer tokenizer =
        read(sentencePiece().uint32(KEY + "bos_token_id", 6).uint32(KEY + "eos_token_id", -1));
    assertThat(tokenizer.bosId()).as("the default").hasValue(1);
    assertThat(tokenizer.isEndOfText(2)).isTrue();
  }

  @Test
  void cutsTextsOfBitNetLikeLlama3() {
    Tokenizer missing = read(byteLevel("llama"));
    assertThat(missing.encode("12")).as("default: digits together").containsExactly(3);
    assertThat(missing.addsBos()).isFalse();
    Tokenizer bitNet = read(byteLevel("bitnet-b1.58").uint32(KEY + "bos_token_id", 4));
    assertThat(bitNet.encode("12", EncodeOptions.PROMPT)).containsExactly(4, 3);
    Tokenizer named = read(byteLevel("llama").string(KEY + "pre", "smollm"));
    assertThat(named.encode("12")).containsExactly(1, 2);
  }

  @Test
  void namesWhatIsMissingOrDoesNotFit() {
    assertThatThrownBy(() -> read(new GgufBytes().string(KEY + "model", "t5")))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("llama or gpt2, found t5");
    assertThatThrownBy(() -> read(new GgufBytes().string(KEY + "model", "gpt2")))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("tokenizer.ggml.tokens");
    assertThatThrownBy(() -> read(sentencePiece().ints(KEY + "token_type", 1, 1)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("test.gguf")
        .hasMessageContaining("6 elements, one for each token, found 2");
    assertThatThrownBy(() -> read(sentencePiece().ints(KEY + "token_type", 1, 1, 1, 1, 1, 9)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("types of 1 to 6, found 9");
    assertThatThrownBy(() -> read(byteLevel("llama").bool(KEY + "add_bos_token", true)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("bos_token_id");
  }

  @Test
  void readsAFileThatIsAVocabularyAlone() throws Exception {
    Path file = Files.write(folder.resolve("a.gguf"), sentencePiece().bytes());
    assertThat(ModelTokenizer.ofGguf(file).orElseThrow().vocabSize()).isEqualTo(6);
    Path other = Files.writeString(folder.resolve("b"), "GGU");
    assertThat(ModelTokenizer.ofGguf(other)).isEmpty();
  }

  private static GgufBytes sentencePiece() {
    return new GgufBytes()
        .string(KEY + "model", "llama")
        .strings(KEY + "tokens", PIECES)
        .floats(KEY + "scores", 0, 0, 0, -3, -2, -1);
  }

  private static GgufBytes byteLevel(String architecture) {
    return new GgufBytes()
        .string("general.architecture", architecture)
        .string(KEY + "model", "gpt2")
        .strings(KEY + "tokens", List.of("a", "1", "2", "12", "<|x|>"))
        .strings(KEY + "merges", List.of("1 2"));
  }

  private static Tokenizer read(GgufBytes file) {
    return GgufVocabulary.tokenizer(
        "test.gguf", GgufFile.read("test.gguf", file.segment()).metadata());
  }
}
