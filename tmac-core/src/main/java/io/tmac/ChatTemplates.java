package io.tmac;

import io.tmac.checkpoint.TokenizerSource;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Finds the chat template of a model. */
final class ChatTemplates {
  private static final String GGUF_KEY = "tokenizer.chat_template";
  private static final String TEMPLATE_FILE = "chat_template.jinja";
  private static final String CONFIG_FILE = "tokenizer_config.json";
  private static final String CONFIG_KEY = "chat_template";

  /** The template that counts where there are several. */
  private static final String DEFAULT = "default";

  /** Templates of today have some ten thousand bytes. */
  private static final long MAX_FILE_BYTES = 16 << 20;

  private ChatTemplates() {}

  /** The template that the options give, else the model's own. */
  static Optional<ChatTemplate> find(
      ModelOptions options, Optional<TokenizerSource> source, Optional<Tokenizer> tokenizer)
      throws IOException {
    Optional<String> template = options.chatTemplate();
    if (template.isEmpty() && source.isPresent()) {
      template = find(source.get());
    }
    return template.map(text ->
        tokenizer
            .map(known -> ChatTemplate.of(text, known))
            .orElseGet(() -> new ChatTemplate(text, "", "")));
  }

  private static Optional<String> find(TokenizerSource source) throws IOException {
    return switch (source) {
      case TokenizerSource.Gguf gguf -> gguf.metadata().string(GGUF_KEY);
      case TokenizerSource.Folder folder -> {
        Path template = folder.folder().resolve(TEMPLATE_FILE);
        Path config = folder.folder().resolve(CONFIG_FILE);
        if (Files.isRegularFile(template)) {
          checkSize(template);
          yield Optional.of(Files.readString(template));
        }
        yield Files.isRegularFile(config) ? fromConfig(config) : Optional.empty();
      }
    };
  }

  private static void checkSize(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new ModelFormatException(
          file.toString(), 0, "at most " + MAX_FILE_BYTES + " bytes", Files.size(file) + " bytes");
    }
  }

  private static Optional<String> fromConfig(Path file) throws IOException {
    checkSize(file);
    try (JsonParser json =
        new JsonFactory().createParser(ObjectReadContext.empty(), Files.readAllBytes(file))) {
      json.nextToken();
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = json.currentName();
        JsonToken value = json.nextToken();
        if (key.equals(CONFIG_KEY) && value == JsonToken.VALUE_STRING) {
          return Optional.of(json.getString());
        }
        if (key.equals(CONFIG_KEY) && value == JsonToken.START_ARRAY) {
          return named(json);
        }
        json.skipChildren();
      }
      return Optional.empty();
    } catch (JacksonException e) {
      throw new ModelFormatException(
          file.toString(), e.getLocation().getByteOffset(), "JSON", e.getOriginalMessage());
    }
  }

  /** Of a list of objects with name and template: the one named "default", or the only one. */
  private static Optional<String> named(JsonParser json) {
    Map<String, String> templates = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.START_OBJECT) {
      Map<String, String> members = new LinkedHashMap<>();
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING) {
          members.put(key, json.getString());
        } else {
          json.skipChildren();
        }
      }
      if (members.containsKey("template")) {
        templates.put(members.getOrDefault("name", DEFAULT), members.get("template"));
      }
    }
    String only = templates.size() == 1 ? templates.values().iterator().next() : null;
    return Optional.ofNullable(templates.getOrDefault(DEFAULT, only));
  }
}
