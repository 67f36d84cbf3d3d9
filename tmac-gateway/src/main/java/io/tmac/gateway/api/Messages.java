package io.tmac.gateway.api;

import io.tmac.ChatMessage;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Fields;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads conversations, which OpenAI and Ollama write alike. */
final class Messages {

  private Messages() {}

  static List<ChatMessage> read(Fields body) {
    List<Fields> messages = body.objects("messages", ApiOptions.MESSAGES);
    if (messages.isEmpty()) {
      throw ApiError.badField("messages", "At least one message is required");
    }
    List<ChatMessage> all = new ArrayList<>();
    for (Fields message : messages) {
      Unsupported.refuse(message, "images", "images are");
      Unsupported.refuse(message, "tool_calls", "tools are");
      Unsupported.refuse(message, "function_call", "functions are");
      all.add(new ChatMessage(role(message), content(message)));
    }
    return all;
  }

  private static String role(Fields message) {
    String role = message.required("role", "Every message needs a role");
    return switch (role) {
      case "system", "user", "assistant" -> role;
      case "developer" -> "system";
      case "tool", "function" ->
          throw ApiError.badField(
                  message.path() + "role", message.path() + "role: tools are not supported")
              .withCode("unsupported_parameter");
      default ->
          throw ApiError.badField(
              message.path() + "role",
              message.path() + "role must be system, developer, user or assistant");
    };
  }

  private static String content(Fields message) {
    JsonNode content = message.any("content");
    if (content == null) {
      throw ApiError.badField(
          message.path() + "content", message.path() + "content must be a string");
    }
    if (!content.isArray()) {
      return message.string("content", "");
    }
    List<String> texts = new ArrayList<>();
    for (Fields part : message.objects("content", ApiOptions.MESSAGES)) {
      String type = part.string("type", "");
      if (!type.equals("text")) {
        String name = part.path() + "type";
        throw ApiError.badField(name, name + ": this model reads text only, not " + known(type))
            .withCode("unsupported_parameter");
      }
      texts.add(part.string("text", ""));
    }
    return String.join("\n", texts);
  }

  /** Nothing is repeated that a client made up. */
  private static String known(String type) {
    return switch (type) {
      case "image_url", "input_audio", "file", "refusal" -> type;
      default -> "other parts";
    };
  }
}
