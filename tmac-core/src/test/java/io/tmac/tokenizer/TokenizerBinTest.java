package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerBinTest {

  private static final int TOKENS = 271;

  private final byte[] file = TokenizerBytes.small().bytes();

  @Test
  void readsAsManyTokensAsTheModelHas() throws IOException {
    assertThat(load(file, TOKENS).vocabSize()).isEqualTo(TOKENS);
  }

  @Test
  void readsABareFileToItsEnd(@TempDir Path folder) throws IOException {
    assertThat(load(file).vocabSize()).isEqualTo(TOKENS);
    Path path = Files.write(folder.resolve("tokenizer.bin"), file);
    assertThat(Tokenizer.load(path).vocabSize()).isEqualTo(TOKENS);
    assertThat(Tokenizer.load(path, TOKENS).vocabSize()).isEqualTo(TOKENS);
  }

  @Test
  void ignoresTheMaximumTokenLength() throws IOException {
    for (int hint : new int[] {0, -1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThat(load(patched(0, hint), TOKENS).encode("the")).hasSize(1);
    }
  }

  @Test
  void saysWhenTheModelHasMoreTokens() {
    assertThatThrownBy(() -> load(file, 32000))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            "x.bin: at offset "
                + file.length
                + ": expected a tokenizer with 32000 tokens, as many as the model has,"
                + " found one with 271 tokens; the two do not belong together");
  }

  @Test
  void saysWhenTheModelHasFewerTokens() {
    assertThatThrownBy(() -> load(file, 270))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("270 tokens")
        .hasMessageContaining("271 tokens;");
  }

  @Test
  void rejectsBytesAfterTheLastToken() {
    byte[] trailing = Arrays.copyOf(file, file.length + 5);
    assertThatThrownBy(() -> load(trailing, TOKENS))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("at offset " + file.length)
        .hasMessageContaining("271 tokens and 5 more bytes");
    assertThatThrownBy(() -> load(trailing))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("score and length of token 271")
        .hasMessageContaining("found 5 bytes");
  }

  @Test
  void rejectsEveryCut() {
    for (int size = 0; size < file.length; size++) {
      byte[] cut = Arrays.copyOf(file, size);
      assertThatThrownBy(() -> load(cut, TOKENS)).isInstanceOf(ModelFormatException.class);
    }
  }

  @Test
  void namesTheTokenThatIsCut() {
    assertThatThrownBy(() -> load(Arrays.copyOf(file, 4 + 8 + 3), TOKENS))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage("x.bin: at offset 8: expected the length of token 0, 0 to 3, found 5");
  }

  @Test
  void rejectsLengthsThatLeaveTheFile() {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, file.length - 11}) {
      assertThatThrownBy(() -> load(patched(8, length), TOKENS))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("at offset 8: expected the length of token 0")
          .hasMessageEndingWith("found " + length);
    }
  }

  @Test
  void needsTheThreeTokensThatEveryTokenizerHas() {
    byte[] two = TokenizerBytes.empty().add("a", 0).add("b", 0).bytes();
    assertThatThrownBy(() -> load(two))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("at least 3 tokens");
    assertThatThrownBy(() -> load(new byte[4])).isInstanceOf(ModelFormatException.class);
    assertThatThrownBy(() -> load(new byte[0]))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("found 0 bytes");
  }

  @Test
  void readsNoFurtherThanTheLargestTokenizer() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] bytes, int from, int count) {
            return count; // zeros
          }
        };
    assertThatThrownBy(() -> Tokenizer.load(endless, "zeros"))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("zeros")
        .hasMessageContaining("at most 67108864 bytes");
  }

  @Test
  void rejectsAVocabularyWithoutTokens() {
    for (int vocabSize : new int[] {0, -1}) {
      assertThatThrownBy(() -> load(file, vocabSize))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(String.valueOf(vocabSize));
    }
  }

  @Test
  void leavesAMissingFileToTheCaller(@TempDir Path folder) {
    assertThatThrownBy(() -> Tokenizer.load(folder.resolve("no.bin")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private byte[] patched(int offset, int value) {
    byte[] copy = file.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
    return copy;
  }

  private static Tokenizer load(byte[] bytes) throws IOException {
    return Tokenizer.load(new ByteArrayInputStream(bytes), "x.bin");
  }

  private static Tokenizer load(byte[] bytes, int vocabSize) throws IOException {
    return Tokenizer.load(new ByteArrayInputStream(bytes), "x.bin", vocabSize);
  }
}
