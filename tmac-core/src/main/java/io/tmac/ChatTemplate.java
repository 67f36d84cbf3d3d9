package io.tmac;

import io.tmac.template.Template;
import io.tmac.template.Text;
import io.tmac.tokenizer.TextSegment;
import io.tmac.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How a model wants a conversation to be written: a Jinja template that comes with the model.
 * Immutable and safe for use by many threads.
 *
 * <p>It is rendered as transformers does, with {@code messages}, {@code add_generation_prompt},
 * {@code bos_token} and {@code eos_token}, and the variables that the caller adds. It is parsed
 * when it is first used; one that cannot be parsed or rendered is a {@link ChatTemplateException}
 * then.
 */
public final class ChatTemplate {
  private final String source;
  private final String bosToken;
  private final String eosToken;

  /** Null until the template is used; parsing it twice would do no harm. */
  private volatile Template parsed;

  /**
   * Creates a template.
   *
   * @param source the Jinja template
   * @param bosToken the name of the token that begins a text, or "" if there is none
   * @param eosToken the name of the token that ends a text, or "" if there is none
   */
  public ChatTemplate(String source, String bosToken, String eosToken) {
    this.source = source;
    this.bosToken = bosToken;
    this.eosToken = eosToken;
  }

  /** A template for a model with this tokenizer. */
  static ChatTemplate of(String source, Tokenizer tokenizer) {
    return new ChatTemplate(
        source, name(tokenizer, tokenizer.bosId()), name(tokenizer, tokenizer.eosId()));
  }

  private static String name(Tokenizer tokenizer, OptionalInt id) {
    return id.isEmpty()
        ? ""
        : new String(tokenizer.pieceBytes(id.getAsInt()), StandardCharsets.UTF_8);
  }

  /**
   * The template itself.
   *
   * @return its Jinja source
   */
  public String source() {
    return source;
  }

  /**
   * Writes a conversation as the model wants it.
   *
   * @param messages the conversation, the oldest message first
   * @param addGenerationPrompt whether to end with what begins an answer
   * @return the text, special tokens by their names
   * @throws ChatTemplateException if the template is not supported or refuses the messages
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, Map.of());
  }

  /**
   * Writes a conversation as the model wants it.
   *
   * @param messages the conversation, the oldest message first
   * @param addGenerationPrompt whether to end with what begins an answer
   * @param variables what else the template may want to know, for example {@code tools}, {@code
   *     enable_thinking} or {@code date_string}: null, strings, numbers, booleans, and lists and
   *     maps of them
   * @return the text, special tokens by their names
   * @throws ChatTemplateException if the template is not supported or refuses the messages
   * @throws IllegalArgumentException if a variable is of another type
   */
  public String render(
      List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
    return text(messages, addGenerationPrompt, variables).string();
  }

  /**
   * The same in segments: special tokens count in what the template wrote, and not in what it was
   * given.
   */
  List<TextSegment> segments(
      List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
    return segments(text(messages, addGenerationPrompt, variables));
  }

  static List<TextSegment> segments(Text text) {
    return text.runs().stream().map(run -> new TextSegment(run.text(), !run.content())).toList();
  }

  Text text(List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
    Map<String, Object> all = new LinkedHashMap<>(variables);
    all.put("messages", messages.stream().map(ChatTemplate::fields).toList());
    all.put("add_generation_prompt", addGenerationPrompt);
    all.put("bos_token", Text.own(bosToken));
    all.put("eos_token", Text.own(eosToken));
    return template().render(all, ZonedDateTime.now());
  }

  private static Map<String, Object> fields(ChatMessage message) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("role", Text.own(message.role()));
    fields.put("content", message.content());
    fields.putAll(message.fields());
    return fields;
  }

  private Template template() {
    Template template = parsed;
    if (template == null) {
      template = Template.parse(source);
      parsed = template;
    }
    return template;
  }
}
