package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import io.tmac.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFileTest {
  @TempDir Path folder;

  private Tokenizer tokenizer() throws IOException {
    byte[] text = "the cat sat on the mat. the cat ate.".getBytes(StandardCharsets.UTF_8);
    return TokenizerTrainer.ofVocabSize(270)
        .train(new ByteArrayInputStream(text), "text")
        .tokenizer();
  }

  private static int[] tokens(TokenFile file) {
    return IntStream.range(0, (int) file.count()).map(file::token).toArray();
  }

  @Test
  void eachDocumentBeginsWithBos() throws IOException {
    Path text = folder.resolve("text");
    Files.writeString(text, "the cat\n<|endoftext|>\n\n<|endoftext|>\n a mat\n<|cut|>\nsat");
    Path out = folder.resolve("tok");
    Tokenizer tokenizer = tokenizer();
    TokenFiles.Written written = TokenFiles.write(text, tokenizer, out);
    assertThat(written.documents()).isEqualTo(3);
    assertThat(written.bytes()).isEqualTo("the cata matsat".length());
    try (TokenFile file = TokenFile.open(out)) {
      int[] expected =
          IntStream.of(1, -1, 1, -2, 1, -3)
              .flatMap(i ->
                  switch (i) {
                    case -1 -> Arrays.stream(tokenizer.encode("the cat"));
                    case -2 -> Arrays.stream(tokenizer.encode("a mat"));
                    case -3 -> Arrays.stream(tokenizer.encode("sat"));
                    default -> IntStream.of(i);
                  })
              .toArray();
      assertThat(tokens(file)).isEqualTo(expected);
      assertThat(file.count()).isEqualTo(written.tokens());
      assertThat(file.vocabSize()).isEqualTo(270);
    }
  }

  @Test
  void manyTokensAreWrittenPieceByPiece() throws IOException {
    Path text = folder.resolve("text");
    Files.writeString(text, "the cat sat. ".repeat(20_000));
    Path out = folder.resolve("tok");
    TokenFiles.Written written = TokenFiles.write(text, tokenizer(), out);
    try (TokenFile file = TokenFile.open(out)) {
      assertThat(file.count()).isEqualTo(written.tokens()).isGreaterThan(60_000);
      assertThat(tokenizer().decode(Arrays.copyOf(tokens(file), 40)))
          .startsWith("the cat sat. the cat sat.");
    }
  }

  @Test
  void anEmptyTextLeavesNoFile() throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "\n<|endoftext|>\n");
    Path out = folder.resolve("tok");
    Tokenizer tokenizer = tokenizer();
    assertThatThrownBy(() -> TokenFiles.write(text, tokenizer, out))
        .isInstanceOf(TmacException.class)
        .hasMessageEndingWith("has no text to train on");
    assertThat(out).doesNotExist();
  }

  private Path file(int vocab, long count, int... tokens) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(24 + 2 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put("TMTK".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(vocab).putInt(1);
    bytes.putLong(count);
    for (int token : tokens) {
      bytes.putShort((short) token);
    }
    return Files.write(folder.resolve("file"), bytes.array());
  }

  @Test
  void namesWhatIsWrong() throws IOException {
    assertThatThrownBy(() -> TokenFile.open(file(10, 3, 1, 9, 10)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("offset 28")
        .hasMessageContaining("a token below 10")
        .hasMessageContaining("token 10");
    assertThatThrownBy(() -> TokenFile.open(file(10, 4, 1, 2, 3)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("offset 16");
    assertThatThrownBy(() -> TokenFile.open(file(70_000, 3, 1, 2, 3)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("vocabulary");
    assertThatThrownBy(() -> TokenFile.open(file(10, Long.MAX_VALUE, 1, 2, 3)))
        .isInstanceOf(ModelFormatException.class);
    Path text = Files.writeString(folder.resolve("text"), "hello, this is only a text of words");
    assertThatThrownBy(() -> TokenFile.open(text))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("begins with TMTK");
    Path empty = Files.write(folder.resolve("empty"), new byte[0]);
    assertThatThrownBy(() -> TokenFile.open(empty)).isInstanceOf(ModelFormatException.class);
  }

  @Test
  void windowsBeginWithADocumentThatIsNear() throws IOException {
    int[] tokens = new int[200];
    Arrays.fill(tokens, 5);
    for (int i = 0; i < 200; i += 10) {
      tokens[i] = 1;
    }
    try (TokenFile file = TokenFile.open(file(10, 200, tokens))) {
      Batches batches = new Batches(file, 16, 40, 1);
      Batches.Batch batch = batches.of(0, 0, 16);
      for (int text = 0; text < 16; text++) {
        assertThat(batch.tokens()[text * 40]).isEqualTo(1);
        assertThat(batch.targets()[text * 40]).isEqualTo(5);
        assertThat(batch.targets()[text * 40 + 9]).isEqualTo(1);
      }
      assertThat(batches.of(0, 4, 3).tokens())
          .isEqualTo(Arrays.copyOfRange(batch.tokens(), 4 * 40, 7 * 40));
    }
  }
}
