package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.Activations;
import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.ModelOptions;
import io.tmac.Session;
import io.tmac.quant.Converter;
import io.tmac.quant.Quantizer;
import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainerTest {
  private static final int VOCAB = 40;
  private static final ModelConfig CONFIG =
      new ModelConfig(32, 48, 2, 4, 2, 8, VOCAB, 24, 10000, 1e-5);

  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void writeData() throws IOException {
    data = write("data.tok", VOCAB, counting(4000));
  }

  /** Documents that count up from anywhere, which is easy to learn. */
  private static int[] counting(int count) {
    SplittableRandom random = new SplittableRandom(3);
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      int before = i == 0 ? 0 : tokens[i - 1];
      tokens[i] = i % 20 == 0 ? 1 : i % 20 == 1 ? 2 + random.nextInt(VOCAB - 2) : next(before);
    }
    return tokens;
  }

  private static int next(int token) {
    return token + 1 < VOCAB ? token + 1 : 2;
  }

  private Path write(String name, int vocab, int[] tokens) throws IOException {
    ByteBuffer file = ByteBuffer.allocate(24 + 2 * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put("TMTK".getBytes()).putInt(1).putInt(vocab).putInt(1).putLong(tokens.length);
    for (int token : tokens) {
      file.putShort((short) token);
    }
    return Files.write(folder.resolve(name), file.array());
  }

  private static TrainOptions options(WeightKind kind, int steps, int threads, int saveEvery) {
    return new TrainOptions(
        kind, steps, 8, 16, 2, 2, 1e-2f, 0.1f, 5, 0.05f, 0.9f, 0.95f, 1, 0.5f, 7, 1000, saveEvery,
        threads);
  }

  private static TrainOptions options(WeightKind kind, int steps) {
    return options(kind, steps, 2, 1000);
  }

  private List<Double> losses(Trainer trainer) throws IOException {
    List<Double> losses = new ArrayList<>();
    try (TokenFile tokens = TokenFile.open(data)) {
      trainer.run(tokens, progress -> losses.add(progress.loss()));
    }
    return losses;
  }

  private byte[] file(Trainer trainer) throws IOException {
    Path out = folder.resolve("out");
    trainer.write(out);
    return Files.readAllBytes(out);
  }

  @ParameterizedTest
  @EnumSource(WeightKind.class)
  void learns(WeightKind kind) throws IOException {
    Trainer trainer = Trainer.scratch(CONFIG, options(kind, 120));
    List<Double> losses = losses(trainer);
    assertThat(losses).hasSize(120);
    assertThat(losses.getFirst()).isBetween(Math.log(VOCAB) - 0.3, Math.log(VOCAB) + 0.3);
    // Each document's first number cannot be known: 1 in 20 tokens, 38 ways.
    assertThat(losses.getLast()).isLessThan(0.8);
    try (TokenFile tokens = TokenFile.open(data)) {
      assertThat(trainer.evaluate(tokens)).isLessThan(0.8);
    }
  }

  @ParameterizedTest
  @EnumSource(WeightKind.class)
  void theFileIsTheTrainedModel(WeightKind kind) throws IOException {
    Trainer trainer = Trainer.scratch(CONFIG, options(kind, 30));
    losses(trainer);
    Path out = folder.resolve("model");
    trainer.write(out);
    int[] tokens =
        IntStream.range(0, CONFIG.contextLength()).map(i -> (i * 7 + 1) % VOCAB).toArray();
    float[] expected = trainer.logits(tokens);
    ModelOptions exact = ModelOptions.DEFAULT.withActivations(Activations.F32);
    try (Model model = Model.load(out, exact);
        Session session = model.newSession()) {
      assertThat(model.info().format()).isEqualTo(kind == WeightKind.F32 ? "f32" : "ternary_v2");
      float[][] logits = session.logits(tokens);
      for (int position = 0; position < tokens.length; position++) {
        for (int token = 0; token < VOCAB; token++) {
          assertThat(logits[position][token])
              .isCloseTo(
                  expected[position * VOCAB + token],
                  org.assertj.core.data.Offset.offset(2e-5f * Math.max(1, largest(expected))));
        }
      }
    }
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @ParameterizedTest
  @EnumSource(WeightKind.class)
  void aKilledRunEndsAsIfNothingHadHappened(WeightKind kind) throws IOException {
    Trainer whole = Trainer.scratch(CONFIG, options(kind, 20));
    losses(whole);

    Path state = folder.resolve("state");
    Trainer killed = Trainer.scratch(CONFIG, options(kind, 20, 1, 6)).state(state);
    try (TokenFile tokens = TokenFile.open(data)) {
      assertThatThrownBy(() ->
              killed.run(
                  tokens,
                  progress -> {
                    if (progress.step() == 15) {
                      throw new IllegalStateException("killed");
                    }
                    return true;
                  }))
          .hasMessage("killed");
    }
    Trainer resumed = Trainer.scratch(CONFIG, options(kind, 20, 2, 4)).state(state);
    assertThat(losses(resumed)).hasSize(20 - 12); // Saved after steps 6 and 12.
    assertThat(file(resumed)).isEqualTo(file(whole));
  }

  @Test
  void aListenerMayStopARun() throws IOException {
    Path state = folder.resolve("state");
    Trainer stopped = Trainer.scratch(CONFIG, options(WeightKind.F32, 10)).state(state);
    try (TokenFile tokens = TokenFile.open(data)) {
      assertThat(stopped.run(tokens, progress -> progress.step() < 4)).isFalse();
    }
    Trainer resumed = Trainer.scratch(CONFIG, options(WeightKind.F32, 10)).state(state);
    assertThat(losses(resumed)).hasSize(6);
    assertThat(losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 10)).state(state))).isEmpty();
  }

  @Test
  void threadsDoNotChangeTheResult() throws IOException {
    Trainer one = Trainer.scratch(CONFIG, options(WeightKind.TERNARY_V2, 5, 1, 1000));
    Trainer two = Trainer.scratch(CONFIG, options(WeightKind.TERNARY_V2, 5, 2, 1000));
    assertThat(losses(one)).isEqualTo(losses(two));
    assertThat(file(one)).isEqualTo(file(two));
  }

  @Test
  void theSeedDecides() throws IOException {
    Trainer one = Trainer.scratch(CONFIG, options(WeightKind.F32, 1));
    TrainOptions other =
        new TrainOptions(
            WeightKind.F32,
            1,
            8,
            16,
            2,
            2,
            1e-2f,
            0.1f,
            5,
            0.05f,
            0.9f,
            0.95f,
            1,
            0.5f,
            8,
            9,
            9,
            1);
    assertThat(losses(one)).isNotEqualTo(losses(Trainer.scratch(CONFIG, other)));
  }

  @Test
  void aModelLearnsToSayWithThreeValuesWhatItSaidWithFloats() throws IOException {
    Trainer floats = Trainer.scratch(CONFIG, options(WeightKind.F32, 150));
    losses(floats);
    Path teacher = folder.resolve("teacher.bin");
    floats.write(teacher);
    try (TokenFile tokens = TokenFile.open(data)) {
      double rounded = Trainer.from(teacher, options(WeightKind.TERNARY_V2, 1)).evaluate(tokens);
      Trainer tuned = Trainer.from(teacher, options(WeightKind.TERNARY_V2, 80)).teacher(teacher);
      losses(tuned);
      double learned = tuned.evaluate(tokens);
      double best = floats.evaluate(tokens);
      assertThat(learned - best).isLessThan(0.3 * (rounded - best));
    }
  }

  @Test
  void beginsWithAnyLlama2cModel() throws IOException {
    Path v0 = TinyModel.write(folder.resolve("tiny.bin"));
    Path v1 = folder.resolve("tiny.v1");
    Converter.from(v0).to(io.tmac.quant.ConvertFormat.V1).write(v1);
    Path tm2 = folder.resolve("tiny.tm2");
    Quantizer.from(v0).format(io.tmac.quant.QuantFormat.TERNARY_V2).write(tm2);
    TrainOptions options = options(WeightKind.F32, 1);
    int[] tokens = {1, 5, 9, 3};
    assertThat(Trainer.from(v1, options).logits(tokens))
        .isEqualTo(Trainer.from(v0, options).logits(tokens));
    assertThat(Trainer.from(tm2, options).logits(tokens)).doesNotContain(Float.NaN);
  }

  @Test
  void saysWhatDoesNotFit() throws IOException {
    assertThatThrownBy(() ->
            Trainer.scratch(
                new ModelConfig(32, 48, 1, 4, 2, 8, VOCAB, 8, 10000, 1e-5),
                options(WeightKind.F32, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("texts of 16 tokens do not fit a context of 8");
    Trainer trainer = Trainer.scratch(CONFIG, options(WeightKind.F32, 1));
    try (TokenFile other = TokenFile.open(write("other.tok", VOCAB + 1, counting(100)))) {
      assertThatThrownBy(() -> trainer.run(other, progress -> true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("other.tok is of a vocabulary of 41 tokens, the model has 40");
    }
    try (TokenFile few = TokenFile.open(write("few.tok", VOCAB, counting(16)))) {
      assertThatThrownBy(() -> trainer.run(few, progress -> true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("few.tok has 16 tokens, fewer than a text of 16");
    }
    Path small = folder.resolve("small.bin");
    Trainer.scratch(
            new ModelConfig(32, 48, 1, 4, 2, 8, VOCAB - 1, 24, 10000, 1e-5),
            options(WeightKind.F32, 1))
        .write(small);
    assertThatThrownBy(() -> trainer.teacher(small))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 39 tokens, the model 40");
  }

  @Test
  void refusesTheStateOfAnotherRun() throws IOException {
    Path state = folder.resolve("state");
    losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 3)).state(state));
    assertThatThrownBy(
            () -> losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 4)).state(state)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is the state of another run")
        .hasMessageContaining("steps=3")
        .hasMessageContaining("steps=4");
  }

  @Test
  void refusesADamagedState() throws IOException {
    Path state = folder.resolve("state");
    losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 3)).state(state));
    byte[] bytes = Files.readAllBytes(state);
    SplittableRandom random = new SplittableRandom(1);
    for (int length : new int[] {0, 3, 24, bytes.length / 2, bytes.length - 1}) {
      Files.write(state, java.util.Arrays.copyOf(bytes, length));
      assertThatThrownBy(
              () -> losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 3)).state(state)))
          .as("%d bytes", length)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining(state.toString());
    }
    for (int trial = 0; trial < 200; trial++) {
      byte[] damaged = bytes.clone();
      damaged[random.nextInt(24)] ^= (byte) (1 << random.nextInt(8));
      Files.write(state, damaged);
      Trainer trainer = Trainer.scratch(CONFIG, options(WeightKind.F32, 3)).state(state);
      try {
        losses(trainer);
      } catch (ModelFormatException | IllegalArgumentException expected) {
        assertThat(expected).hasMessageContaining("state");
      }
    }
  }

  @Test
  void refusesWhatLlama2cFilesCannotHold() {
    Path missing = folder.resolve("missing.bin");
    assertThatThrownBy(() -> Trainer.from(missing, options(WeightKind.F32, 1)))
        .isInstanceOf(IOException.class);
    // A head that is wider than dim / heads: the file would say something else.
    ModelConfig wide = new ModelConfig(32, 48, 1, 4, 2, 16, VOCAB, 24, 10000, 1e-5);
    assertThat(TrainedModel.isPlain(wide)).isFalse();
    ModelConfig other = new ModelConfig(32, 48, 1, 4, 2, 8, VOCAB, 24, 500_000, 1e-5);
    assertThat(TrainedModel.isPlain(other)).isFalse();
    assertThat(TrainedModel.isPlain(CONFIG)).isTrue();
  }

  @Test
  void otherTokensAreAnotherRun() throws IOException {
    Path state = folder.resolve("state");
    losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 3)).state(state));
    int[] changed = counting(4000);
    changed[77] = changed[77] == 5 ? 6 : 5;
    data = write("data.tok", VOCAB, changed);
    assertThatThrownBy(
            () -> losses(Trainer.scratch(CONFIG, options(WeightKind.F32, 3)).state(state)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is the state of another run");
  }

  @Test
  void validationThatIsTooShortIsToldAtOnce() throws IOException {
    Trainer trainer = Trainer.scratch(CONFIG, options(WeightKind.F32, 3));
    try (TokenFile few = TokenFile.open(write("few.tok", VOCAB, counting(16)));
        TokenFile tokens = TokenFile.open(data)) {
      trainer.validation(few);
      assertThatThrownBy(() -> trainer.run(tokens, progress -> true))
          .hasMessageContaining("few.tok has 16 tokens");
    }
  }

  @Test
  void saysWhenItDiverges() {
    TrainOptions wild =
        new TrainOptions(
            WeightKind.F32, 200, 8, 16, 2, 2, 1, 1, 0, 0, 0, 0, Float.MAX_VALUE, 0, 7, 99, 99, 2);
    Trainer trainer = Trainer.scratch(CONFIG, wild);
    try {
      losses(trainer);
    } catch (io.tmac.TmacException e) {
      assertThat(e).hasMessageContaining("a lower learning rate may help");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
