package io.tmac.gateway.api;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Fields;
import tools.jackson.databind.JsonNode;

/**
 * Refuses what the engine cannot do: a client must not get an answer that looks as if its wish had
 * been heard. Wishes that change nothing, such as an empty list of tools, are let through.
 */
final class Unsupported {

  private Unsupported() {}

  /** Refuses a field unless it is absent, false, or empty. */
  static void refuse(Fields body, String field, String what) {
    JsonNode value = body.any(field);
    boolean asks =
        value != null
            && !(value.isBoolean() && !value.booleanValue())
            && !(value.isContainer() && value.isEmpty())
            && !(value.isString() && value.stringValue().isEmpty());
    if (asks) {
      throw error(body, field, what);
    }
  }

  /** Refuses a field unless it is absent or has the value that changes nothing. */
  static void refuseExcept(Fields body, String field, String harmless, String what) {
    JsonNode value = body.any(field);
    if (value != null && !value.asString("").equals(harmless)) {
      throw error(body, field, what);
    }
  }

  private static ApiError error(Fields body, String field, String what) {
    String name = body.path() + field;
    return ApiError.badField(name, name + ": " + what + " not supported by this server")
        .withCode("unsupported_parameter");
  }

  /** Refuses the fields of OpenAI's chat. */
  static void refuseChat(Fields body) {
    refuse(body, "tools", "tools are");
    refuse(body, "functions", "functions are");
    refuseExcept(body, "function_call", "none", "functions are");
    if (body.has("tool_choice") && !body.any("tool_choice").asString("").equals("auto")) {
      refuseExcept(body, "tool_choice", "none", "tools are");
    }
    if (body.has("response_format")) {
      refuseExcept(body.object("response_format"), "type", "text", "structured output is");
    }
    for (JsonNode modality : list(body, "modalities")) {
      if (!modality.asString("").equals("text")) {
        throw error(body, "modalities", "anything but text is");
      }
    }
    refuse(body, "audio", "audio is");
    refuse(body, "web_search_options", "searching the web is");
    refuseExcept(body, "reasoning_effort", "none", "a choice of reasoning effort is");
  }

  /** Refuses the fields of OpenAI's completions. */
  static void refuseCompletion(Fields body) {
    refuse(body, "echo", "repeating the prompt is");
    refuse(body, "suffix", "filling in before a suffix is");
    if (body.integer("best_of", 1, ApiOptions.CHOICES).orElse(1)
        > body.integer("n", 1, ApiOptions.CHOICES).orElse(1)) {
      throw error(body, "best_of", "choosing among more answers than are returned is");
    }
  }

  /** Refuses the fields of Ollama's generate and chat. */
  static void refuseOllama(Fields body) {
    refuse(body, "format", "structured output is");
    refuse(body, "tools", "tools are");
    refuse(body, "images", "images are");
    refuse(body, "suffix", "filling in before a suffix is");
    refuse(body, "template", "another template is");
    refuse(body, "context", "the context of an earlier answer is (use /api/chat)");
    refuse(body, "think", "separating thoughts from the answer is");
    Fields options = body.object("options");
    for (String sampler : new String[] {"mirostat", "typical_p", "tfs_z"}) {
      double off = sampler.equals("mirostat") ? 0 : 1;
      if (options.number(sampler, -1000, 1000).orElse(off) != off) {
        throw error(options, sampler, "this way of sampling is");
      }
    }
  }

  private static Iterable<JsonNode> list(Fields body, String field) {
    JsonNode value = body.any(field);
    return value == null ? java.util.List.of() : value;
  }
}
