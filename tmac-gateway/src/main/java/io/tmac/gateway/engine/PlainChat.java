package io.tmac.gateway.engine;

import io.tmac.ChatMessage;
import java.util.List;

/**
 * Conversations for models that bring no chat template: a line with the role, then what is said.
 *
 * <pre>
 * &lt;|system|&gt;
 * You are kind.
 * &lt;|user|&gt;
 * Hello
 * &lt;|assistant|&gt;
 * </pre>
 *
 * <p>It is plain text to the model, so that a model that was not trained on conversations goes on
 * with it as with any other text.
 */
final class PlainChat {
  /** What begins another turn ends the answer. */
  static final List<String> STOPS = List.of("<|user|>", "<|system|>", "<|assistant|>");

  private PlainChat() {}

  static String text(List<ChatMessage> messages) {
    StringBuilder text = new StringBuilder();
    for (ChatMessage message : messages) {
      text.append("<|").append(message.role()).append("|>\n");
      text.append(message.content()).append('\n');
    }
    return text.append("<|assistant|>\n").toString();
  }
}
