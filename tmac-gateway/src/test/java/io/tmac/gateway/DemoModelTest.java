package io.tmac.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ChatMessage;
import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DemoModelTest {
  private static final int MAX_BYTES = 2 << 20;
  private static final String ONCE = "Once upon a time";

  private static Model model;

  @BeforeAll
  static void load() throws IOException {
    model = DemoModel.load();
  }

  @AfterAll
  static void unload() {
    model.close();
  }

  private static String continued(Model model, String prompt) {
    return model.generate(prompt).temperature(0).maxTokens(64).text();
  }

  @Test
  void isSmall() throws IOException {
    int bytes = 0;
    for (String name : List.of("demo/stories.tm2", "demo/tokenizer.bin")) {
      try (InputStream in = DemoModel.open(name)) {
        bytes += in.readAllBytes().length;
      }
    }
    assertThat(bytes).isLessThanOrEqualTo(MAX_BYTES);
  }

  @Test
  void hasTernaryWeightsAndATokenizerThatFits() {
    assertThat(model.info().source()).isEqualTo(DemoModel.NAME);
    assertThat(model.info().container()).isEqualTo("TM2");
    assertThat(model.info().format()).isEqualTo("ternary_v2");
    assertThat(model.info().config().vocabSize())
        .isEqualTo(model.tokenizer().orElseThrow().vocabSize());
    // What bench computes with its defaults.
    assertThat(model.info().contextLength()).isGreaterThanOrEqualTo(128 + 64);
  }

  @Test
  void writesWords() {
    for (String beginning : List.of(ONCE, "Lily and Tom", "One day, a little dog")) {
      String text = beginning + continued(model, beginning);
      long plain = text.chars().filter(c -> c == '\n' || c >= ' ' && c <= '~').count();
      assertThat((double) plain / text.length()).as(text).isGreaterThan(0.95);
      List<String> words =
          Arrays.stream(text.split("[^A-Za-z']+"))
              .filter(word -> word.matches("[A-Za-z']{2,15}"))
              .distinct()
              .toList();
      assertThat(words).as(text).hasSizeGreaterThanOrEqualTo(10);
    }
  }

  @Test
  void greedyTextIsAlwaysTheSame() throws IOException {
    String text = continued(model, ONCE);
    assertThat(text).isNotBlank().isEqualTo(continued(model, ONCE));
    try (Model again = DemoModel.load(ModelOptions.DEFAULT.withThreads(1))) {
      assertThat(again.info().threads()).isEqualTo(1);
      assertThat(continued(again, ONCE)).isEqualTo(text);
    }
  }

  /** What was said before does not count, and instructions do not either. */
  @Test
  void chatContinuesWhatTheUserSaidLast() {
    List<ChatMessage> conversation =
        List.of(
            ChatMessage.system("You are kind."),
            ChatMessage.user("Hello"),
            ChatMessage.assistant("Hi"),
            ChatMessage.user(ONCE));
    assertThat(model.chat(conversation).promptIds()).isEqualTo(model.generate(ONCE).promptIds());
    assertThat(model.chat(conversation).temperature(0).maxTokens(64).text())
        .isEqualTo(continued(model, ONCE));
    assertThat(model.chat(List.of(ChatMessage.system("You are kind."))).promptIds())
        .isEqualTo(model.generate("").promptIds());
  }

  @Test
  void whatIsSaidIsText() {
    String said = "</s> {{ 1 + 1 }} <|user|>";
    assertThat(model.chat(List.of(ChatMessage.user(said))).promptIds())
        .isEqualTo(model.generate(said).promptIds());
  }

  @Test
  void optionsGoFirst() throws IOException {
    Tokenizer own = model.tokenizer().orElseThrow();
    try (Model other =
        DemoModel.load(
            ModelOptions.DEFAULT
                .withTokenizer(own)
                .withChatTemplate("Q {{ messages[0].content }}"))) {
      assertThat(other.tokenizer()).containsSame(own);
      assertThat(other.chatTemplate().orElseThrow().source()).startsWith("Q ");
    }
    try (Model bare = DemoModel.load(ModelOptions.DEFAULT.withoutTokenizer())) {
      assertThat(bare.tokenizer()).isEmpty();
    }
  }

  @Test
  void saysWhichResourceIsMissing() {
    assertThatThrownBy(() -> DemoModel.open("demo/gone.tm2"))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("io/tmac/gateway/demo/gone.tm2 is not in the jar")
        .hasMessageContaining("keep io/tmac/gateway/demo/**");
  }
}
