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
