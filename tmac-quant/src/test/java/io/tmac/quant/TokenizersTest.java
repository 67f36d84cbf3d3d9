package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizersTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    model = TinyModel.write(folder.resolve("model.bin"));
  }

  @Test
  void findsTheTokenizerOfAModelAndOfItsFolder() throws IOException {
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE);
    assertThat(Tokenizers.load(model).encode("ab")).containsExactly(3, 4, 5);
    assertThat(Tokenizers.load(folder).vocabSize()).isEqualTo(TinyModel.VOCAB_SIZE);
  }

  @Test
  void readsATokenizerThatStandsAloneToItsEnd() throws IOException {
    Path tokenizer = TinyModel.writeTokenizer(folder.resolve("any.name"), 9);
    assertThat(Tokenizers.load(tokenizer).vocabSize()).isEqualTo(9);
  }

  @Test
  void readsATokenizerJsonAndTheFolderItIsIn() throws IOException {
    String json =
        """
        {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
        """;
    Path file = Files.writeString(folder.resolve("tokenizer.json"), json);
    assertThat(Tokenizers.load(file).encode("abb")).containsExactly(2, 1);
    assertThat(Tokenizers.load(folder).encode("abb")).containsExactly(2, 1);
    Path other = Files.writeString(folder.resolve("any.name"), json);
    assertThat(Tokenizers.load(other).vocabSize()).isEqualTo(3);
  }

  @Test
  void readsTheTokenizerInAGgufFile() throws IOException {
    Path file = Shared.path("vectors/public/tokenizers/tok512.gguf");
    assertThat(Tokenizers.load(file).vocabSize()).isEqualTo(512);
    Path bin = Shared.path("vectors/public/tokenizers/tok512.bin");
    String text = "Once upon a time";
    assertThat(Tokenizers.load(file).encode(text)).isEqualTo(Tokenizers.load(bin).encode(text));
  }

  @Test
  void saysThatAModelHasNone() {
    assertThatThrownBy(() -> Tokenizers.load(model))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("model.bin has no tokenizer");
  }

  @Test
  void refusesATokenizerThatDoesNotFitItsModel() throws IOException {
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE + 1);
    assertThatThrownBy(() -> Tokenizers.load(model)).isInstanceOf(ModelFormatException.class);
  }

  @Test
  void refusesOtherFiles() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "neither one nor the other");
    assertThatThrownBy(() -> Tokenizers.load(text))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("a.txt")
        .hasMessageContaining("no tokenizer.bin either");
    Path other = Files.writeString(folder.resolve("b.gguf"), "TMC2 and more");
    assertThatThrownBy(() -> Tokenizers.load(other)).isInstanceOf(UnsupportedModelException.class);
    assertThatThrownBy(() -> Tokenizers.load(folder.resolve("missing")))
        .isInstanceOf(NoSuchFileException.class);
  }
}
