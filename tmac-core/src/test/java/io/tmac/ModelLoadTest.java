package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.tmac.kernel.Cores;
import io.tmac.kernel.Kernels;
import io.tmac.testing.FileBytes;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import io.tmac.testing.TinyModels.TinyModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** From files, folders and streams to models, and the tokenizers that come with them. */
class ModelLoadTest {
  private static final LlamaShape SHAPE = LlamaShape.EVEN;
  private static final int[] TOKENS = {1, 7, 3, 34, 0};

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void aStreamGivesTheSameModelAsAFile(Container container) throws IOException {
    TinyModel tiny = TinyModels.of(container, LlamaShape.GROUPED, 1);
    Path file = tiny.write(folder.resolve("model.bin"));
    AtomicBoolean closed = new AtomicBoolean();
    InputStream in =
        new ByteArrayInputStream(tiny.bytes()) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    try (Model fromFile = Model.load(file);
        Model fromStream = Model.load(in, "resource", ModelOptions.DEFAULT)) {
      assertThat(fromStream.newSession().logits(TOKENS))
          .isDeepEqualTo(fromFile.newSession().logits(TOKENS));
      assertThat(fromStream.info().source()).isEqualTo("resource");
      assertThat(fromFile.info().source()).isEqualTo(file.toString());
      assertThat(fromStream.info().fileBytes()).isEqualTo(tiny.bytes().length);
      assertThat(fromStream.info().weightBytes()).isEqualTo(fromFile.info().weightBytes());
    }
    assertThat(closed).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "V0, llama2.c v0, f32",
    "V1, llama2.c v1, f32",
    "V2, llama2.c v2, int8",
    "Q4V1, Q4V1, int4",
    "Q8V1, Q8V1, int8",
    "TMAC, TMAC, ternary_v1",
    "TM2, TM2, ternary_v2"
  })
  void infoSaysWhatTheModelIs(Container container, String name, String format) throws IOException {
    TinyModel tiny = TinyModels.of(container, SHAPE, 1);
    Path file = tiny.write(folder.resolve("any name"));
    try (Model model = Model.load(file, ModelOptions.DEFAULT.withActivations(Activations.INT8))) {
      ModelInfo info = model.info();
      assertThat(info.source()).endsWith("any name");
      assertThat(info.config()).isEqualTo(SHAPE.config());
      assertThat(info.container()).isEqualTo(name);
      assertThat(info.format()).isEqualTo(format);
      assertThat(info.fileBytes()).isEqualTo(Files.size(file));
      assertThat(info.kernels()).isEqualTo(Kernels.provider().name());
      assertThat(info.vectorBits()).isEqualTo(Kernels.provider().vectorBits());
      assertThat(info.activations()).isEqualTo(Activations.INT8);
      assertThat(info.threads()).isEqualTo(Cores.usable());
      assertThat(info.contextLength()).isEqualTo(SHAPE.contextLength());
    }
  }

  @ParameterizedTest
  @CsvSource({"V0, 0", "Q4V1, 45440", "Q8V1, 81792", "TMAC, 22432", "TM2, 22432"})
  void loadingKeepsOneCopyOfTheWeights(Container container, long expected) throws IOException {
    Path file = TinyModels.of(container, SHAPE, 1).write(folder.resolve("model.bin"));
    try (Model model = Model.load(file, ModelOptions.DEFAULT.withActivations(Activations.INT8))) {
      long copied = model.info().kernels().equals("vector") ? expected : 0;
      // Wider tiles add up to a third for padding.
      assertThat(model.info().weightBytes()).isBetween(copied, copied * 4 / 3);
    }
  }

  @Test
  void aStreamNeedsNoMore() throws IOException {
    Path file = TinyModels.of(Container.TM2, SHAPE, 1).write(folder.resolve("model.tm2"));
    try (InputStream in = Files.newInputStream(file);
        Model model = Model.load(in)) {
      assertThat(model.tokenizer()).isEmpty();
      assertThat(model.generate(new int[] {1}).maxTokens(2).result().generatedTokens())
          .isEqualTo(2);
    }
  }

  @Test
  void aFolderMayStandForItsOnlyModel() throws IOException {
    TinyModel tiny = TinyModels.of(Container.TM2, SHAPE, 1);
    tiny.write(folder.resolve("model.tm2"));
    Files.writeString(folder.resolve("README.md"), "A model.");
    writeTokenizer("tokenizer.bin", SHAPE.vocabSize());
    try (Model model = Model.load(folder)) {
      assertThat(model.info().source()).endsWith("model.tm2");
      assertThat(model.tokenizer()).isPresent();
    }
  }

  @Test
  void aFolderWithoutModelSaysSo() throws IOException {
    Files.writeString(folder.resolve("README.md"), "No model.");
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(() -> Model.load(folder))
        .withMessageContainingAll(folder.toString(), "exactly one model", "found none");
  }

  @Test
  void aFolderWithSeveralModelsNamesThem() throws IOException {
    TinyModels.of(Container.TM2, SHAPE, 1).write(folder.resolve("a.bin"));
    TinyModels.of(Container.V0, SHAPE, 1).write(folder.resolve("b.bin"));
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(() -> Model.load(folder))
        .withMessageContainingAll("exactly one model", "2", "a.bin", "b.bin");
  }

  @Test
  void aMissingFileSaysSo() {
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> Model.load(folder.resolve("none.bin")))
        .withMessageContaining("none.bin");
  }

  @Test
  void streamsThatAreNoModelSaySo() {
    for (byte[] bytes : new byte[][] {{}, {1, 2, 3}, new byte[5000]}) {
      assertThatExceptionOfType(ModelFormatException.class)
          .isThrownBy(
              () -> Model.load(new ByteArrayInputStream(bytes), "resource", ModelOptions.DEFAULT))
          .withMessageContaining("resource");
    }
  }

  @Test
  void theTokenizerBesideTheModelIsFound() throws IOException {
    Path file = TinyModels.of(Container.V0, SHAPE, 1).write(folder.resolve("model.bin"));
    writeTokenizer("tok40.bin", SHAPE.vocabSize());
    try (Model model = Model.load(file)) {
      assertThat(model.tokenizer().orElseThrow().vocabSize()).isEqualTo(SHAPE.vocabSize());
      assertThat(model.generate("t10").maxTokens(3).result().promptTokens()).isPositive();
    }
  }

  @Test
  void aModelWithoutTokenizerRunsOnTokenIds() {
    try (Model model = TestModels.idsOnly();
        Session session = model.newSession()) {
      assertThat(model.tokenizer()).isEmpty();
      for (Runnable use :
          new Runnable[] {() -> model.generate("once"), () -> session.generate("once")}) {
        assertThatExceptionOfType(TmacException.class)
            .isThrownBy(use::run)
            .withMessageContainingAll("tiny.Q4V1", "no tokenizer", "withTokenizer", "token ids");
      }
      Generation generation =
          model.generate(new int[] {1, 5}).seed(1).maxTokens(9).stop("a").logprobs(0).result();
      assertThat(generation.tokens()).hasSize(9);
      assertThat(generation.text()).isEmpty();
      assertThat(generation.logprobs()).hasSize(9);
      assertThat(session.logits(new int[] {1})).hasNumberOfRows(1);
    }
  }

  @Test
  void aTokenizerFileMustHaveTheModelsTokens() throws IOException {
    Path file = TinyModels.of(Container.V0, SHAPE, 1).write(folder.resolve("model.bin"));
    for (int size : new int[] {39, 41}) {
      Path tokenizer = writeTokenizer("t" + size, size);
      assertThatExceptionOfType(ModelFormatException.class)
          .isThrownBy(() -> Model.load(file, ModelOptions.DEFAULT.withTokenizer(tokenizer)))
          .withMessageContainingAll(tokenizer.toString(), "40");
    }
  }

  @Test
  void aTokenizerMustHaveTheModelsTokens() throws IOException {
    Path file = TinyModels.of(Container.V0, SHAPE, 1).write(folder.resolve("model.bin"));
    ModelOptions options = ModelOptions.DEFAULT.withTokenizer(new TestTokenizer(41));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Model.load(file, options))
        .withMessageContainingAll("41", "40");
  }

  @Test
  void optionsChooseTheTokenizerOfAStream() throws IOException {
    Path tokenizer = writeTokenizer("t40", 40);
    byte[] bytes = TinyModels.of(Container.V0, SHAPE, 1).bytes();
    ModelOptions options = ModelOptions.DEFAULT.withTokenizer(tokenizer);
    try (Model model = Model.load(new ByteArrayInputStream(bytes), "resource", options)) {
      assertThat(model.tokenizer()).isPresent();
    }
  }

  @Test
  void undefinedCodesAreRefused() throws IOException {
    byte[] bytes = TinyModels.of(Container.TM2, SHAPE, 1).bytes();
    int at = 4 + 28 + 1 + 8 + 2 + 5; // A code byte of the embedding's first row.
    bytes[at] = (byte) 0b10;
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(
            () -> Model.load(new ByteArrayInputStream(bytes), "resource", ModelOptions.DEFAULT))
        .withMessageContainingAll("offset " + at, "tok_embeddings");
  }

  /** A tokenizer.bin: the longest piece, then for each token its score, length and bytes. */
  private Path writeTokenizer(String name, int tokens) throws IOException {
    FileBytes bytes = new FileBytes();
    bytes.int32(8);
    for (int id = 0; id < tokens; id++) {
      byte[] piece =
          (id == 0 ? "<unk>" : id == 1 ? "\n<s>\n" : id == 2 ? "\n</s>\n" : "t" + id)
              .getBytes(StandardCharsets.UTF_8);
      bytes.float32(-id).int32(piece.length).writeBytes(piece);
    }
    return Files.write(folder.resolve(name), bytes.toByteArray());
  }
}
