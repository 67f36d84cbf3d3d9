package io.tmac;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One message of a conversation.
 *
 * <p>The content is text and nothing else: the name of a special token in it, such as {@code
 * <|im_end|>}, does not become that token. The role is part of the template's markup and therefore
 * a plain word.
 *
 * @param role who speaks, for example {@code system}, {@code user}, {@code assistant} or {@code
 *     tool}: 1 to 32 letters, digits, {@code _} or {@code -}
 * @param content what is said, maybe empty
 * @param fields what else a template may want to know, for example {@code tool_calls}, by name:
 *     null, strings, numbers, booleans, and lists and maps of them; empty for most messages
 */
public record ChatMessage(String role, String content, Map<String, Object> fields) {
  private static final Pattern ROLE = Pattern.compile("[A-Za-z0-9_-]{1,32}");

  /**
   * Checks the role and copies the map.
   *
   * @throws IllegalArgumentException if the role is not a word, or a field has the name of the role
   *     or the content
   */
  public ChatMessage {
    Objects.requireNonNull(content, "content");
    if (!ROLE.matcher(role).matches()) {
      throw new IllegalArgumentException(
          "a role must be 1 to 32 letters, digits, '_' or '-': " + role);
    }
    if (fields.containsKey("role") || fields.containsKey("content")) {
      throw new IllegalArgumentException(
          "role and content are no further fields: " + fields.keySet());
    }
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /**
   * Creates a message without further fields.
   *
   * @param role who speaks
   * @param content what is said
   * @throws IllegalArgumentException if the role is not a word
   */
  public ChatMessage(String role, String content) {
    this(role, content, Map.of());
  }

  /**
   * An instruction that holds for the whole conversation; it comes first.
   *
   * @param content the instruction
   * @return the message
   */
  public static ChatMessage system(String content) {
    return new ChatMessage("system", content);
  }

  /**
   * What the user says.
   *
   * @param content the question
   * @return the message
   */
  public static ChatMessage user(String content) {
    return new ChatMessage("user", content);
  }

  /**
   * What the model has said.
   *
   * @param content the answer
   * @return the message
   */
  public static ChatMessage assistant(String content) {
    return new ChatMessage("assistant", content);
  }
}
