package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainTokenizerCommandTest {
  @TempDir private Path folder;
  private Path text;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    text = Files.writeString(folder.resolve("text.txt"), "One day, one day.\n<|endoftext|>\n");
    out = folder.resolve("tokenizer.bin");
  }

  @Test
  void writesATokenizer() throws IOException {
    Console.Result result =
        Console.run("train-tokenizer", text, "-o", out, "--vocab", 272, "--coverage", 1);
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();
    assertThat(result.out())
        .isEqualTo(out + ": 272 tokens: 3 special, 256 bytes, 10 characters, 3 merges\n");
    assertThat(Tokenizer.load(out).vocabSize()).isEqualTo(272);
    assertThat(Console.run("detokenize", out, "--tokens", "1,269,270,271").status()).isZero();
  }

  @Test
  void tellsWhatIsWrong() throws IOException {
    assertThat(Console.run("train-tokenizer", text, "-o", out, "--vocab", 9).status()).isEqualTo(2);
    assertThat(Console.run("train-tokenizer", text, "-o", text, "--vocab", 300).err())
        .startsWith("error: OUT would overwrite the text ");
    Files.write(text, new byte[] {'a', (byte) 0x80});
    Console.Result result = Console.run("train-tokenizer", text, "-o", out, "--vocab", 300);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.err()).contains("text.txt, offset 1: ").hasLineCount(1);
    assertThat(out).doesNotExist();
  }
}
