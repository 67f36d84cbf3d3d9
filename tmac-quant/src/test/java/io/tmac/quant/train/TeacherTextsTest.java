package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ChatMessage;
import io.tmac.FinishReason;
import io.tmac.Generation;
import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import io.tmac.format.F32;
import io.tmac.sampling.SamplingOptions;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherTextsTest {
  private static final Prompts PROMPTS =
      Prompts.of(
          "prompts.txt",
          List.of("[ask]", "ab {who}", "[start]", "a {who}", "b", "[who]", "cab", "abba", "c"));
  private static final TeacherOptions OPTIONS =
      TeacherOptions.DEFAULT
          .withSampling(SamplingOptions.DEFAULT.withTemperature(2).withTopK(0).withTopP(1))
          .withMaxTokens(24)
          .withStreams(3)
          .withSeed(7);

  private static Model chatting;
  private static Model plain;

  @TempDir private Path folder;

  /** Random weights and few tokens, so that texts differ and some end. */
  @BeforeAll
  static void load() throws IOException {
    Tokenizer tokenizer =
        Trained.of(Trained.words("a cab, abba\nabc"), 1, 9).tokenizer().tokenizer();
    int vocabSize = tokenizer.vocabSize();
    ModelConfig config = new ModelConfig(32, 64, 2, 4, 2, 8, vocabSize, 64, 10000, 1e-5);
    ModelOptions options = ModelOptions.DEFAULT.withThreads(1).withTokenizer(tokenizer);
    plain = Model.random(config, new F32(), new F32(), options);
    chatting =
        Model.random(
            config,
            new F32(),
            new F32(),
            options.withChatTemplate("a{{ messages[0]['content'] }}b"));
  }

  @AfterAll
  static void close() {
    plain.close();
    chatting.close();
  }

  @Test
  void aTextIsItsStartAndWhatTheTeacherMakesOfTheAsk() throws IOException {
    Path file = folder.resolve("texts.txt");
    TeacherTexts.Written written = new TeacherTexts(chatting, PROMPTS, OPTIONS).write(file, 0, 60);
    StringBuilder expected = new StringBuilder();
    long ended = 0;
    for (int number = 0; number < 60; number++) {
      SplittableRandom random = new SplittableRandom(7 + 1_000_003L * number);
      Prompts.Prompt prompt = PROMPTS.draw(random);
      ChatMessage ask = ChatMessage.user(prompt.ask().orElseThrow());
      int[] asked = chatting.chat(List.of(ask)).promptIds();
      int[] start = chatting.tokenizer().orElseThrow().encode(prompt.start());
      int[] ids = IntStream.concat(IntStream.of(asked), IntStream.of(start)).toArray();
      Generation generation = generate(chatting, ids, random.nextLong() >>> 1);
      boolean end = generation.finishReason() == FinishReason.END_OF_TEXT;
      ended += end ? 1 : 0;
      expected
          .append((prompt.start() + generation.text()).strip())
          .append(end ? "\n<|endoftext|>\n" : "\n<|cut|>\n");
    }
    assertThat(Files.readString(file)).isEqualTo(expected.toString());
    assertThat(written.texts()).isEqualTo(60);
    assertThat(written.ended()).isEqualTo(ended).isBetween(1L, 59L);
  }

  @Test
  void withoutAChatTemplateTheTeacherContinuesTheStart() throws IOException {
    TeacherTexts texts = new TeacherTexts(plain, PROMPTS, OPTIONS);
    assertThat(texts.asks()).isFalse();
    assertThat(new TeacherTexts(chatting, PROMPTS, OPTIONS).asks()).isTrue();
    Path file = folder.resolve("texts.txt");
    texts.write(file, 5, 1);
    SplittableRandom random = new SplittableRandom(7 + 1_000_003L * 5);
    String start = PROMPTS.draw(random).start();
    int[] ids = plain.tokenizer().orElseThrow().encode(start, EncodeOptions.PROMPT);
    String text = (start + generate(plain, ids, random.nextLong() >>> 1).text()).strip();
    assertThat(Files.readString(file)).startsWith(text + "\n<|");
  }

  @Test
  void withoutPromptsTextsBeginWithBosAlone() throws IOException {
    Path file = folder.resolve("texts.txt");
    new TeacherTexts(plain, Prompts.none(), OPTIONS).write(file, 3, 1);
    SplittableRandom random = new SplittableRandom(7 + 1_000_003L * 3);
    int[] ids = plain.tokenizer().orElseThrow().encode("", EncodeOptions.PROMPT);
    assertThat(ids).hasSize(1);
    String text = generate(plain, ids, random.nextLong() >>> 1).text().strip();
    assertThat(Files.readString(file)).startsWith(text + "\n<|");
  }

  @Test
  void aRunThatWasStoppedGoesOn() throws IOException {
    TeacherTexts texts = new TeacherTexts(plain, PROMPTS, OPTIONS);
    Path whole = folder.resolve("whole.txt");
    texts.write(whole, 2, 10);
    byte[] expected = Files.readAllBytes(whole);
    String content = Files.readString(whole);
    int separators = content.split("<\\|(cut|endoftext)\\|>\n", -1).length - 1;
    assertThat(separators).isEqualTo(10);

    Path part = folder.resolve("part.txt");
    for (int length : new int[] {expected.length / 3, expected.length / 2, expected.length - 1}) {
      Files.write(part, Arrays.copyOf(expected, length));
      TeacherTexts.Written rest =
          new TeacherTexts(plain, PROMPTS, OPTIONS.withStreams(8)).write(part, 2, 10);
      assertThat(part).hasBinaryContent(expected);
      assertThat(rest.texts()).isBetween(1L, 9L);
    }
    assertThat(texts.write(part, 2, 10).texts()).isZero();
    assertThat(texts.write(part, 2, 4).texts()).isZero();
    assertThat(part).hasBinaryContent(expected);
  }

  @Test
  void anotherFileIsNotCut() throws IOException {
    Path file = Files.writeString(folder.resolve("notes.txt"), "my notes\n");
    TeacherTexts texts = new TeacherTexts(plain, PROMPTS, OPTIONS);
    assertThatThrownBy(() -> texts.write(file, 0, 1))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("notes.txt")
        .hasMessageContaining("<|endoftext|>");
    assertThat(file).hasContent("my notes\n");
    assertThatThrownBy(() -> texts.write(folder, 0, 1)).hasMessageContaining("not a regular file");
  }

  @Test
  void aSeparatorInATextGoesAway() throws IOException {
    Path file = folder.resolve("texts.txt");
    try (TextsFile texts = TextsFile.open(file)) {
      texts.add(" One\n<|endoftext|>\ntwo <|cut|>\n<|cut|>", true);
      texts.add("", false);
    }
    assertThat(Files.readString(file)).isEqualTo("One\ntwo <|cut|>\n<|endoftext|>\n\n<|cut|>\n");
    try (TextsFile texts = TextsFile.open(file)) {
      assertThat(texts.texts()).isEqualTo(2);
    }
  }

  @Test
  void whatCannotBeSampledIsAnError() {
    Prompts asks = Prompts.of("prompts.txt", List.of("[ask]", "ab"));
    assertThatThrownBy(() -> new TeacherTexts(plain, asks, OPTIONS))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("no chat template")
        .hasMessageContaining("[start]");
    assertThatIllegalArgumentException().isThrownBy(() -> OPTIONS.withMaxTokens(0));
    assertThatIllegalArgumentException().isThrownBy(() -> OPTIONS.withStreams(0));
    TeacherTexts texts = new TeacherTexts(plain, PROMPTS, OPTIONS);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> texts.write(folder.resolve("texts.txt"), -1, 1))
        .withMessageContaining("-1");
  }

  private static Generation generate(Model model, int[] ids, long seed) {
    return model
        .generate(ids)
        .sampling(OPTIONS.sampling())
        .maxTokens(OPTIONS.maxTokens())
        .seed(seed)
        .result();
  }
}
