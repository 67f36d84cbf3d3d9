package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a text to a model that continues it, by the commands alone. */
class TrainCommandTest {
  private static final List<String> ANIMALS = List.of("cat", "dog", "bird", "fish", "bear");
  private static final List<String> PLACES = List.of("park", "house", "garden", "forest");

  @TempDir Path folder;
  private Path text;
  private Path tokenizer;
  private Path tokens;

  @BeforeEach
  void prepare() throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    StringBuilder stories = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      String animal = ANIMALS.get(random.nextInt(ANIMALS.size()));
      String place = PLACES.get(random.nextInt(PLACES.size()));
      stories.append("One day a %s went to the %s. ".formatted(animal, place));
      stories.append("The %s was happy in the %s.\n<|endoftext|>\n".formatted(animal, place));
    }
    text = Files.writeString(folder.resolve("stories.txt"), stories);
    tokenizer = folder.resolve("tokenizer.bin");
    tokens = folder.resolve("stories.tok");
    assertThat(Console.run("train-tokenizer", text, "-o", tokenizer, "--vocab", 300).status())
        .isZero();
    Console.Result prepared = Console.run("prepare", text, "-z", tokenizer, "-o", tokens);
    assertThat(prepared.status()).as(prepared.err()).isZero();
    assertThat(prepared.out()).startsWith(tokens + ": 300 documents, ");
  }

  private Console.Result train(Object... more) {
    Object[] arguments = {
      "train",
      "--data",
      tokens,
      "-o",
      folder.resolve("model.tm2"),
      "--dim",
      32,
      "--hidden-dim",
      64,
      "--layers",
      2,
      "--heads",
      4,
      "--kv-heads",
      2,
      "--length",
      40,
      "--batch",
      4,
      "--micro-batch",
      2,
      "--lanes",
      2,
      "--lr",
      "1e-2",
      "--warmup",
      5
    };
    Object[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Console.run(all);
  }

  @Test
  void trainsAModelThatContinuesItsText() throws IOException {
    Path log = folder.resolve("log");
    Console.Result result =
        train("--steps", 300, "--validation", tokens, "--evaluate-every", 150, "--log", log);
    assertThat(result.status()).as(result.err()).isZero();
    Path model = folder.resolve("model.tm2");
    assertThat(result.out()).isEqualTo(model + ": " + Files.size(model) + " bytes\n");
    assertThat(result.err()).contains("step 150 of 300: loss ", ", validation ", "tokens/s");
    assertThat(Files.readAllLines(log))
        .hasSize(300)
        .last()
        .asString()
        .matches("300\t\\d\\.\\d+\t\\d\\.\\d+");
    try (Model loaded = Model.load(model)) {
      String story = loaded.generate("One day a cat went").temperature(0).maxTokens(30).text();
      String animal = String.join("|", ANIMALS);
      String place = String.join("|", PLACES);
      assertThat(story)
          .matches(
              " to the (%s)\\. The (%s) was happy in the (%s)\\.".formatted(place, animal, place));
    }
    Console.Result score = Console.run("score", model, text, "--count", 50);
    assertThat(score.out()).contains("texts                50");
    double nll = Double.parseDouble(score.out().replaceAll("(?s).*mean NLL +([0-9.]+).*", "$1"));
    // Two choices, of 5 and of 4, in 70 bytes: ln 20 / 70 = 0.043.
    assertThat(nll).isBetween(0.02, 0.15);
  }

  @Test
  void finetunesAndDraws() throws IOException {
    assertThat(train("--steps", 60, "--weights", "f32").status()).isZero();
    Path floats = folder.resolve("floats.bin");
    Files.move(folder.resolve("model.tm2"), floats);
    Path log = folder.resolve("log");
    Path out = folder.resolve("tuned.tm2");
    Console.Result result =
        Console.run(
            "finetune",
            floats,
            "--teacher",
            floats,
            "--data",
            tokens,
            "-o",
            out,
            "--length",
            40,
            "--batch",
            4,
            "--micro-batch",
            2,
            "--lanes",
            2,
            "--steps",
            10,
            "--log",
            log);
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(Console.run("inspect", out).out()).contains("TM2");
    Path png = folder.resolve("loss.png");
    Console.Result drawn = Console.run("loss-chart", "a=" + log, "-o", png, "--level", "f32=1.5");
    assertThat(drawn.status()).as(drawn.err()).isZero();
    assertThat(Files.readAllBytes(png)).startsWith(0x89, 'P', 'N', 'G');
  }

  @Test
  void saysWhatIsWrong() throws IOException {
    assertThat(train("--steps", 0).status()).isEqualTo(2);
    assertThat(train("--steps", 0).err()).contains("steps must be at least 1: 0");
    Console.Result heads =
        Console.run(
            "train",
            "--data",
            tokens,
            "-o",
            folder.resolve("x"),
            "--dim",
            32,
            "--hidden-dim",
            64,
            "--layers",
            1,
            "--heads",
            5);
    assertThat(heads.err()).contains("--dim (32) must be a multiple of --heads (5)");

    Console.Result clash = train("--state", tokens);
    assertThat(clash.status()).isEqualTo(2);
    assertThat(clash.err()).contains("would be overwritten");
    Console.Result noTokens =
        Console.run(
            "train",
            "--data",
            text,
            "-o",
            folder.resolve("x"),
            "--dim",
            32,
            "--hidden-dim",
            64,
            "--layers",
            1,
            "--heads",
            4);
    assertThat(noTokens.status()).isEqualTo(1);
    assertThat(noTokens.err()).contains("begins with TMTK");
    assertThat(folder.resolve("x")).doesNotExist();
    Console.Result other = Console.run("prepare", text, "-z", tokenizer, "-o", text);
    assertThat(other.status()).isEqualTo(2);
    assertThat(Files.size(text)).isGreaterThan(1000);
  }

  @Test
  void argumentsMayBeInAFile() throws IOException {
    Path recipe = folder.resolve("recipe.args");
    Files.writeString(
        recipe,
        "# small\n--dim 32\n--hidden-dim 64\n\n--layers 1\n--heads 4\n--steps 2\n--length 20\n"
            + "--batch 4\n--micro-batch 1\n--lanes 5\n");
    Path out = folder.resolve("out.tm2");
    Console.Result wrong = Console.run("train", "@" + recipe, "--data", tokens, "-o", out);
    assertThat(wrong.err()).contains("lanes (5) must be at most batch / microBatch, which is 4");
    // What the command line says goes before what the file says.
    Console.Result result =
        Console.run("train", "@" + recipe, "--data", tokens, "-o", out, "--lanes", 4);
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(out).exists();
    Console.Result missing = Console.run("train", "@" + folder.resolve("none.args"));
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.err()).contains("none.args");
  }

  @Test
  void cleansTexts() throws IOException {
    Path sampled =
        Files.writeString(
            folder.resolve("sampled.txt"),
            "One day a bear and her little friend went far away to find some honey in the big old"
                + " trees. They ate\n<|cut|>\n");
    Path out = folder.resolve("clean.txt");
    Console.Result result = Console.run("clean", sampled, "-o", out);
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).startsWith(out + ": 1 of 1 texts");
    assertThat(Files.readString(out)).endsWith("trees.\n<|endoftext|>\n");
    assertThat(Console.run("clean", sampled, "-o", sampled).status()).isEqualTo(2);
  }
}
