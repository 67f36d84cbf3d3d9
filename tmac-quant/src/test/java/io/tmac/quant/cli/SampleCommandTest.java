package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleCommandTest {
  @TempDir private Path folder;
  private Path model;
  private Path prompts;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("model.bin"));
    TinyModel.writeTokenizer(folder.resolve("tokenizer.bin"), TinyModel.VOCAB_SIZE);
    prompts = Files.writeString(folder.resolve("prompts.txt"), "[start]\na {x}\n[x]\nb\ncde\n");
    out = folder.resolve("texts.txt");
  }

  @Test
  void writesAndGoesOn() throws IOException {
    Console.Result result = sample("--count", 3);
    assertThat(result.err()).isEmpty();
    assertThat(result.status()).isZero();
    assertThat(result.out()).startsWith(out + ": 3 texts, ").hasLineCount(1);
    byte[] three = Files.readAllBytes(out);
    assertThat(sample("--count", 5).out()).startsWith(out + ": 2 texts, ");
    byte[] five = Files.readAllBytes(out);
    assertThat(five).startsWith(three);
    Files.delete(out);
    sample("--count", 5, "--streams", 2);
    assertThat(out).hasBinaryContent(five);
    assertThat(Files.readAllLines(out)).filteredOn(line -> line.startsWith("<|")).hasSize(5);
  }

  @Test
  void tellsWhatIsWrong() throws IOException {
    for (Object[] wrong :
        new Object[][] {
          {"--count", -1},
          {"--count", 1, "--streams", 0},
          {"--count", 1, "--top-p", 2},
          {"--count", 1, "--max-new", 0}
        }) {
      assertThat(sample(wrong).status()).isEqualTo(2);
    }
    assertThat(
            Console.run("sample", model, "--prompts", prompts, "-o", prompts, "--count", 1).err())
        .startsWith("error: OUT would overwrite ");
    Files.writeString(prompts, "[start]\na {who}\n");
    Console.Result result = sample("--count", 1);
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.err()).contains("prompts.txt, line 2: {who} is unknown").hasLineCount(1);
    assertThat(out).doesNotExist();
  }

  private Console.Result sample(Object... more) {
    Object[] args = new Object[8 + more.length];
    Object[] first = {"sample", model, "--prompts", prompts, "-o", out, "--max-new", 6};
    System.arraycopy(first, 0, args, 0, first.length);
    System.arraycopy(more, 0, args, first.length, more.length);
    return Console.run(args);
  }
}
