package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.tmac.ModelFormatException;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFilesTest {

  private static final int TOKENS = 271;

  @TempDir private Path folder;
  private Path model;

  private final byte[] fitting = TokenizerBytes.small().bytes();
  private final byte[] other = TokenizerBytes.withBytes().bytes();

  @BeforeEach
  void writeModel() throws IOException {
    model = write("story.v1.bin", new byte[100]);
  }

  @Test
  void findsNothingWhereNothingIs() throws IOException {
    assertThat(TokenizerFiles.find(model, TOKENS)).isEmpty();
  }

  @Test
  void takesTheModelsOwnTokenizerFirst() throws IOException {
    write("tok.bin", fitting);
    Path third = folder.resolve("tok.bin");
    assertThat(TokenizerFiles.find(model, TOKENS)).contains(third);
    Path second = write("tokenizer.bin", fitting);
    assertThat(TokenizerFiles.find(model, TOKENS)).contains(second);
    Path first = write("story.v1.tokenizer.bin", fitting);
    assertThat(TokenizerFiles.find(model, TOKENS)).contains(first);
    write("story.tokenizer.bin", fitting);
    assertThat(TokenizerFiles.find(model, TOKENS)).contains(first);
  }

  @Test
  void takesTheOnlyOneThatFits() throws IOException {
    write("tok_other.bin", other);
    write("token-data.bin", new byte[1000]);
    write("tok-empty.bin", new byte[0]);
    write("tok-cut.bin", Arrays.copyOf(fitting, fitting.length - 1));
    write("nottok.bin", fitting);
    Files.createDirectory(folder.resolve("tok-folder.bin"));
    assertThat(TokenizerFiles.find(model, TOKENS)).isEmpty();
    Path only = write("tok271.bin", fitting);
    assertThat(TokenizerFiles.find(model, TOKENS)).contains(only);
    assertThat(TokenizerFiles.find(model, TOKENS + 1)).isEmpty();
    write("tok272.bin", fitting);
    assertThat(TokenizerFiles.find(model, TOKENS)).isEmpty();
  }

  @Test
  void doesNotTakeTheModelForATokenizer() throws IOException {
    Path itself = write("tok-model.bin", fitting);
    assertThat(TokenizerFiles.find(itself, TOKENS)).isEmpty();
  }

  @Test
  void saysWhenANamedTokenizerDoesNotFit() throws IOException {
    for (String name : new String[] {"tokenizer.bin", "story.v1.tokenizer.bin"}) {
      Path file = write(name, other);
      write("tok271.bin", fitting);
      assertThatThrownBy(() -> TokenizerFiles.find(model, TOKENS))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining(name)
          .hasMessageContaining("271 tokens")
          .hasMessageContaining("259 tokens");
      Files.delete(file);
    }
  }

  @Test
  void findsBesideAModelGivenByItsNameAlone() throws IOException {
    assertThat(TokenizerFiles.find(Path.of("no-such-model.bin"), TOKENS)).isEmpty();
  }

  @Test
  void countsTokens() throws IOException {
    assertThat(TokenizerFiles.countTokens(write("a", fitting))).hasValue(TOKENS);
    assertThat(TokenizerFiles.countTokens(write("b", new byte[4]))).hasValue(0);
    assertThat(TokenizerFiles.countTokens(write("c", new byte[5]))).isEmpty();
    assertThat(TokenizerFiles.countTokens(write("d", new byte[0]))).isEmpty();
  }

  @Test
  void isNotHeldUpByManyOrLargeFiles() throws IOException {
    for (int i = 0; i < 2000; i++) {
      write("tok" + i + ".bin", other);
    }
    for (int i = 0; i < 50; i++) { // sparse: zeros, which are empty tokens without end
      try (RandomAccessFile file =
          new RandomAccessFile(folder.resolve("tok-large" + i + ".bin").toFile(), "rw")) {
        file.setLength(i % 2 == 0 ? TokenizerReader.MAX_FILE_BYTES : 1L << 40);
      }
    }
    Path only = write("tok-the-one.bin", fitting);
    assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertThat(TokenizerFiles.find(model, TOKENS)).contains(only));
  }

  @Test
  void rejectsAVocabularyWithoutTokens() {
    assertThatThrownBy(() -> TokenizerFiles.find(model, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void findsTheTokenizerOfStories260K() throws IOException {
    Path stories = Shared.path("models/stories260K/stories260K.bin");
    assertThat(TokenizerFiles.find(stories, 512)).contains(stories.resolveSibling("tok512.bin"));
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }
}
