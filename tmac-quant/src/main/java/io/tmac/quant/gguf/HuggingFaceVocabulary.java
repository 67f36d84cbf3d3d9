package io.tmac.quant.gguf;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.quant.gguf.GgufVocabulary.Marks;
import io.tmac.quant.gguf.GgufVocabulary.Template;
import io.tmac.tokenizer.TokenType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * Puts the tokenizer of a Hugging Face folder into the terms of GGUF: byte-level BPE as {@code
 * gpt2}; BPE of characters with byte tokens, which is SentencePiece's, as {@code llama}, with
 * scores that rise with the order of its merges.
 *
 * <p>GGUF files cannot say that a text is normalized. NFC is left out, as other converters do: most
 * texts are in that form already. Other normalizers are refused.
 */
final class HuggingFaceVocabulary {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String SPACE = "\u2581";
  private static final int MAX_TOKENS = 1 << 22;

  private final TokenizerSource.Folder folder;
  private final Path file;
  private final JsonNode json;
  private final JsonNode config;
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> tokens = new ArrayList<>();
  private final List<TokenType> types = new ArrayList<>();

  private HuggingFaceVocabulary(TokenizerSource.Folder folder) throws IOException {
    this.folder = folder;
    this.file = folder.folder().resolve("tokenizer.json");
    this.json = read(file);
    Path settings = folder.folder().resolve("tokenizer_config.json");
    this.config = Files.exists(settings) ? read(settings) : MissingNode.getInstance();
  }

  /**
   * Reads a folder's tokenizer.
   *
   * @throws ModelFormatException if a file is damaged
   * @throws UnsupportedModelException if GGUF files have no words for the tokenizer
   */
  static GgufVocabulary read(TokenizerSource.Folder folder) throws IOException {
    return new HuggingFaceVocabulary(folder).vocabulary();
  }

  private static JsonNode read(Path file) throws IOException {
    try {
      return MAPPER.readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      throw new ModelFormatException(
          file.toString(), 0, "a JSON document", String.valueOf(e.getOriginalMessage()));
    }
  }

  private GgufVocabulary vocabulary() throws IOException {
    JsonNode model = json.path("model");
    if (!model.path("type").asString("BPE").equals("BPE")) {
      throw unsupported("model.type BPE", model.path("type").asString(""));
    }
    refuseNormalizers(model.path("byte_fallback").asBoolean(false));
    readTokens(model.path("vocab"));
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : model.path("merges")) {
      merges.add(
          merge.isArray()
              ? merge.path(0).asString("") + " " + merge.path(1).asString("")
              : merge.asString(""));
    }
    return model.path("byte_fallback").asBoolean(false)
        ? sentencePiece(model, merges)
        : byteLevel(model, merges);
  }

  private void refuseNormalizers(boolean spaces) {
    for (JsonNode step : normalizers()) {
      boolean known =
          switch (step.path("type").asString("")) {
            case "", "NFC", "Sequence" -> true;
            case "Prepend" -> spaces && step.path("prepend").asString("").equals(SPACE);
            case "Replace" ->
                spaces
                    && step.path("pattern").path("String").asString("").equals(" ")
                    && step.path("content").asString("").equals(SPACE);
            default -> false;
          };
      if (!known) {
        throw unsupported("a normalizer that GGUF files have too", shortened(step.toString()));
      }
    }
  }

  private List<JsonNode> normalizers() {
    List<JsonNode> steps = new ArrayList<>(List.of(json.path("normalizer")));
    json.path("normalizer").path("normalizers").forEach(steps::add);
    return steps;
  }

  private void readTokens(JsonNode vocab) {
    vocab.properties().forEach(token -> add(token.getKey(), token.getValue(), TokenType.NORMAL));
    for (JsonNode token : json.path("added_tokens")) {
      boolean special = token.path("special").asBoolean(false);
      add(
          token.path("content").asString(""),
          token.path("id"),
          special ? TokenType.CONTROL : TokenType.USER_DEFINED);
    }
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.get(id) == null) {
        tokens.set(id, "[PAD" + id + "]");
      }
    }
  }

  private void add(String token, JsonNode number, TokenType type) {
    int id = number.asInt(-1);
    if (id < 0 || id >= MAX_TOKENS) {
      throw new ModelFormatException(
          file.toString(), 0, "an id from 0 to " + (MAX_TOKENS - 1) + " of " + token, "" + number);
    }
    while (tokens.size() <= id) {
      tokens.add(null);
      types.add(TokenType.UNUSED);
    }
    ids.put(token, id);
    tokens.set(id, token);
    types.set(id, type);
  }

  private GgufVocabulary byteLevel(JsonNode model, List<String> merges) throws IOException {
    JsonNode cut = json.path("pre_tokenizer");
    String name =
        PreTokenizers.name(cut, model.path("ignore_merges").asBoolean(false))
            .orElseThrow(() ->
                unsupported(
                    "a pre_tokenizer and ignore_merges of gpt-2, smollm, llama-bpe, dbrx, qwen2,"
                        + " qwen35 or tekken",
                    "ignore_merges "
                        + model.path("ignore_merges").asBoolean(false)
                        + ", "
                        + shortened(cut.toString())));
    return new GgufVocabulary(
        "gpt2",
        name,
        tokens,
        types,
        new float[0],
        merges,
        false,
        marks(OptionalInt.empty()),
        templates());
  }

  private GgufVocabulary sentencePiece(JsonNode model, List<String> merges) throws IOException {
    OptionalInt unknown = id(model.path("unk_token"));
    unknown.ifPresent(id -> types.set(id, TokenType.UNKNOWN));
    for (int value = 0; value < 256; value++) {
      Integer id = ids.get(String.format("<0x%02X>", value));
      if (id != null) {
        types.set(id, TokenType.BYTE);
      }
    }
    return new GgufVocabulary(
        "llama",
        "default",
        tokens,
        types,
        scores(merges),
        List.of(),
        addsSpacePrefix(),
        marks(unknown),
        templates());
  }

  /** A piece is the better the earlier a merge makes it; what no merge makes is the worst. */
  private float[] scores(List<String> merges) {
    float[] scores = new float[tokens.size()];
    for (int id = 0; id < scores.length; id++) {
      scores[id] = types.get(id) == TokenType.NORMAL ? -merges.size() : 0;
    }
    for (int rank = merges.size() - 1; rank >= 0; rank--) {
      Integer id = ids.get(merges.get(rank).replace(" ", ""));
      if (id != null) {
        scores[id] = -rank;
      }
    }
    return scores;
  }

  /** A space in front comes from a normalizer, or in newer files from the pre-tokenizer. */
  private boolean addsSpacePrefix() {
    boolean prepends =
        normalizers().stream()
            .anyMatch(step ->
                step.path("type").asString("").equals("Prepend")
                    && step.path("prepend").asString("").equals(SPACE));
    JsonNode cut = json.path("pre_tokenizer");
    String scheme =
        cut.path("type").asString("").equals("Metaspace")
            ? cut.path("prepend_scheme").asString("always")
            : "never";
    return prepends || !scheme.equals("never");
  }

  private Marks marks(OptionalInt unknown) {
    OptionalInt bos = or(id(config.path("bos_token")), folder.bosId());
    OptionalInt eos =
        or(
            id(config.path("eos_token")),
            folder.eosIds().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(folder.eosIds().getFirst()));
    OptionalInt leading = frame(true);
    OptionalInt trailing = frame(false);
    OptionalInt first = or(leading, bos);
    OptionalInt last = or(trailing, eos);
    return new Marks(
        first,
        last,
        eot(last),
        unknown,
        first.isPresent() && adds("add_bos_token", leading),
        last.isPresent() && adds("add_eos_token", trailing));
  }

  /** Whether a token goes around a text: tokenizer_config.json decides, else the post-processor. */
  private boolean adds(String key, OptionalInt framing) {
    JsonNode flag = config.path(key);
    return flag.isBoolean() ? flag.asBoolean() : framing.isPresent();
  }

  /** The first of the tokens that end a text, beside EOS. */
  private OptionalInt eot(OptionalInt eos) {
    return folder.eosIds().stream()
        .mapToInt(Integer::intValue)
        .filter(id -> eos.isEmpty() || id != eos.getAsInt())
        .findFirst();
  }

  /** The token that the post-processor puts before a text, or behind it. */
  private OptionalInt frame(boolean before) {
    List<JsonNode> processors = new ArrayList<>(List.of(json.path("post_processor")));
    json.path("post_processor").path("processors").forEach(processors::add);
    for (JsonNode processor : processors) {
      List<JsonNode> parts = processor.path("single").valueStream().toList();
      if (!parts.isEmpty()) {
        JsonNode part = before ? parts.getFirst() : parts.getLast();
        return id(part.path("SpecialToken").path("id"));
      }
    }
    return OptionalInt.empty();
  }

  private static OptionalInt or(OptionalInt first, OptionalInt second) {
    return first.isPresent() ? first : second;
  }

  /** The id of a token that is given by its text, or by an object with its text. */
  private OptionalInt id(JsonNode token) {
    String text = token.isObject() ? token.path("content").asString("") : token.asString("");
    Integer id = ids.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private List<Template> templates() throws IOException {
    Path jinja = folder.folder().resolve("chat_template.jinja");
    if (Files.exists(jinja)) {
      return List.of(new Template("default", Files.readString(jinja)));
    }
    JsonNode template = config.path("chat_template");
    if (template.isString()) {
      return List.of(new Template("default", template.asString()));
    }
    List<Template> templates = new ArrayList<>();
    for (JsonNode named : template) {
      templates.add(
          new Template(named.path("name").asString(""), named.path("template").asString("")));
    }
    return templates;
  }

  private UnsupportedModelException unsupported(String expected, String found) {
    return new UnsupportedModelException(file.toString(), 0, expected, found);
  }

  private static String shortened(String text) {
    return text.length() <= 300 ? text : text.substring(0, 300) + " ...";
  }
}
