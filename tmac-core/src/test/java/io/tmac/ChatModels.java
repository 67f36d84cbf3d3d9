package io.tmac;

import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels.Container;
import io.tmac.tokenizer.SentencePieceVocabulary;
import io.tmac.tokenizer.TextMarks;
import io.tmac.tokenizer.TokenType;
import io.tmac.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** Tiny models whose tokenizer has a token for each byte, and control tokens for conversations. */
final class ChatModels {
  static final int BOS = 1;
  static final int EOS = 2;
  static final int FIRST_BYTE = 3;
  static final int TURN = FIRST_BYTE + 256;
  static final int TURN_END = TURN + 1;

  /** ChatML with names that no tokenizer knows of itself. */
  static final String TEMPLATE =
      """
      {% for message in messages %}
      {{ '<|turn|>' + message['role'] + '\\n' + message['content'] + '<|turn_end|>\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}{{ '<|turn|>assistant\\n' }}{% endif %}
      """;

  private static final LlamaShape SHAPE = new LlamaShape(64, 96, 2, 4, 2, TURN_END + 1, 256, true);

  private ChatModels() {}

  static Tokenizer tokenizer(boolean addBos) {
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<TokenType> types =
        new ArrayList<>(List.of(TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL));
    for (int b = 0; b < 256; b++) {
      tokens.add(String.format("<0x%02X>", b));
      types.add(TokenType.BYTE);
    }
    for (String name : List.of("<|turn|>", "<|turn_end|>")) {
      tokens.add(name);
      types.add(TokenType.CONTROL);
    }
    TextMarks marks =
        new TextMarks(
            OptionalInt.of(BOS), OptionalInt.of(EOS), OptionalInt.of(0), Set.of(), addBos, false);
    return Tokenizer.of(
        new SentencePieceVocabulary(tokens, new float[tokens.size()], types, false, marks));
  }

  static Model load(String template) {
    return load(template, false);
  }

  static Model load(String template, boolean addBos) {
    return TestModels.load(
        Container.Q4V1,
        SHAPE,
        ModelOptions.DEFAULT.withTokenizer(tokenizer(addBos)).withChatTemplate(template));
  }

  static Model withoutTemplate() {
    return TestModels.load(
        Container.Q4V1, SHAPE, ModelOptions.DEFAULT.withTokenizer(tokenizer(false)));
  }
}
