package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.checkpoint.TokenizerSource;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where chat templates come from. */
class ChatTemplatesTest {
  private static final List<ChatMessage> QUESTION = List.of(ChatMessage.user("Hi"));

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{\"a\": [1, {}], \"chat_template\": \"one\", \"b\": 2} # one",
        "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"two\"},"
            + " {\"name\": \"default\", \"x\": {}, \"template\": \"one\"}]} # one",
        "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"one\"}]} # one",
        "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"one\"},"
            + " {\"name\": \"tool_use\", \"template\": \"two\"}]} #",
        "{\"chat_template\": null} #",
        "{} #"
      })
  void aFolderHasItInItsTokenizerConfig(String config, String template) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), config);
    assertThat(find().map(ChatTemplate::source)).isEqualTo(Optional.ofNullable(template));
  }

  @Test
  void aFolderMayHaveItInAFileOfItsOwn() throws IOException {
    assertThat(find()).isEmpty();
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"two\"}");
    Files.writeString(folder.resolve("chat_template.jinja"), "é one");
    assertThat(find().orElseThrow().source()).isEqualTo("é one");
  }

  @Test
  void theOptionsComeFirst() throws IOException {
    Files.writeString(folder.resolve("chat_template.jinja"), "one");
    assertThat(find(ModelOptions.DEFAULT.withChatTemplate("mine")).orElseThrow().source())
        .isEqualTo("mine");
  }

  @Test
  void whatIsNotJsonIsAnError() throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": [{\"a\": ");
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(this::find)
        .withMessageContaining("tokenizer_config.json");
  }

  private Optional<ChatTemplate> find() throws IOException {
    return find(ModelOptions.DEFAULT);
  }

  private Optional<ChatTemplate> find(ModelOptions options) throws IOException {
    TokenizerSource source = new TokenizerSource.Folder(folder, OptionalInt.empty(), List.of());
    return ChatTemplates.find(options, Optional.of(source), Optional.empty());
  }

  /** The folders beside the project have a template that prints BOS and ends an answer with EOS. */
  @TestFactory
  Stream<DynamicTest> foldersOfModels() throws IOException {
    return Files.list(Shared.path("vectors/public/hf"))
        .filter(Files::isDirectory)
        .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> chat(path)));
  }

  private static void chat(Path path) throws IOException {
    try (Model model = Model.load(path)) {
      ChatTemplate template = model.chatTemplate().orElseThrow();
      assertThat(template.render(QUESTION, true)).isEqualTo("<s>[INST] Hi [/INST]");
      int bos = model.tokenizer().orElseThrow().bosId().orElseThrow();
      assertThat(model.chat(QUESTION).prompt).startsWith(bos).containsOnlyOnce(bos);
      assertThat(model.chat(QUESTION).maxTokens(4).seed(1).result().generatedTokens())
          .isLessThanOrEqualTo(4);
    }
  }

  /** Templates that never end, or ask for more than there is. */
  @TestFactory
  Stream<DynamicTest> badTemplates() throws IOException {
    return Files.list(Shared.path("vectors/bad/files/gguf"))
        .filter(path -> path.getFileName().toString().contains("chat_template"))
        .map(path -> DynamicTest.dynamicTest(path.getFileName().toString(), () -> refused(path)));
  }

  private static void refused(Path path) throws IOException {
    long start = System.nanoTime();
    try (Model model = Model.load(path)) {
      assertThatExceptionOfType(ChatTemplateException.class)
          .isThrownBy(() -> model.chat(QUESTION))
          .withMessageStartingWith("chat template, line 1, column ");
    }
    assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
  }
}
