package io.tmac;

import io.tmac.template.Text;
import io.tmac.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns conversations into tokens, and knows how an answer ends.
 *
 * @param template how the model wants a conversation
 * @param tokenizer its tokenizer
 */
record Conversation(ChatTemplate template, Tokenizer tokenizer) {

  // Words for a conversation that shows what the template puts behind an answer.
  private static final String QUESTION = "Question1";
  private static final String ANSWER = "Answer1";
  private static final String FOLLOW_UP = "Question2";

  /**
   * What ends an answer besides the tokenizer's own end-of-text tokens.
   *
   * @param token a token that the template puts behind an answer, or {@link Tokenizer#NO_TOKEN}
   * @param string a string that it puts there, or null
   */
  record TurnEnd(int token, String string) {
    static final TurnEnd NONE = new TurnEnd(Tokenizer.NO_TOKEN, null);
  }

  /** The tokens of a conversation and of what begins the answer. */
  int[] encode(List<ChatMessage> messages, Map<String, ?> variables) {
    return encode(template.text(messages, true, variables));
  }

  /**
   * The same, without as many of the oldest turns as it takes to have no more than {@code limit}
   * tokens. A system message at the start stays, and so does the last question, even if both have
   * more.
   */
  int[] encode(List<ChatMessage> messages, Map<String, ?> variables, int limit) {
    List<ChatMessage> kept = new ArrayList<>(messages);
    int[] ids = encode(kept, variables);
    int first = !kept.isEmpty() && kept.getFirst().role().equals("system") ? 1 : 0;
    while (ids.length > limit) {
      int next = nextQuestion(kept, first + 1);
      if (next < 0) {
        return ids;
      }
      kept.subList(first, next).clear();
      ids = encode(kept, variables);
    }
    return ids;
  }

  private static int nextQuestion(List<ChatMessage> messages, int from) {
    for (int i = from; i < messages.size(); i++) {
      if (messages.get(i).role().equals("user")) {
        return i;
      }
    }
    return -1;
  }

  /** Puts BOS first if the model wants it, but not a second time. */
  private int[] encode(Text text) {
    int[] ids = tokenizer.encode(ChatTemplate.segments(text), false);
    boolean begins = ids.length > 0 && ids[0] == tokenizer.bosId().orElse(Tokenizer.NO_TOKEN);
    return begins || !tokenizer.addsBos()
        ? ids
        : tokenizer.encode(ChatTemplate.segments(text), true);
  }

  /**
   * Looks at what the template puts between an answer and the next question. If that begins with a
   * special token, the token ends an answer; else its first line does, as a string.
   */
  TurnEnd turnEnd() {
    Text between;
    try {
      between = behindAnswer();
    } catch (ChatTemplateException e) {
      return TurnEnd.NONE; // the conversation itself will tell
    }
    String text = between.string();
    String stripped = text.strip();
    if (stripped.isEmpty()) {
      return TurnEnd.NONE;
    }
    int from = text.indexOf(stripped);
    int[] ids =
        tokenizer.encode(ChatTemplate.segments(between.substring(from, text.length())), false);
    if (ids.length > 0 && tokenizer.isControl(ids[0])) {
      return tokenizer.isEndOfText(ids[0]) ? TurnEnd.NONE : new TurnEnd(ids[0], null);
    }
    String line = stripped.lines().findFirst().orElseThrow().stripTrailing();
    boolean newLine = text.substring(0, from).indexOf('\n') >= 0;
    return new TurnEnd(Tokenizer.NO_TOKEN, newLine ? "\n" + line : line);
  }

  private Text behindAnswer() {
    Text text =
        template.text(
            List.of(
                ChatMessage.user(QUESTION),
                ChatMessage.assistant(ANSWER),
                ChatMessage.user(FOLLOW_UP)),
            false,
            Map.of());
    int answer = text.string().indexOf(ANSWER);
    int next = text.string().indexOf(FOLLOW_UP);
    return answer < 0 || next < answer
        ? Text.own("")
        : text.substring(answer + ANSWER.length(), next);
  }
}
