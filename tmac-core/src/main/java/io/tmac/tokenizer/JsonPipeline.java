package io.tmac.tokenizer;

import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads what a {@code tokenizer.json} says of normalizers, pre-tokenizers and decoders. */
final class JsonPipeline {

  private static final String SPACE = "\u2581";

  private JsonPipeline() {}

  /** Reads {@code "normalizer"}. */
  static Normalizer normalizer(JsonObject json) {
    return json == null ? Normalizer.NONE : normalizerStep(json);
  }

  private static Normalizer normalizerStep(JsonObject json) {
    return switch (json.type()) {
      case "Sequence" ->
          new Normalizer.Sequence(
              json.objects("normalizers").stream().map(JsonPipeline::normalizerStep).toList());
      case "Prepend" -> new Normalizer.Prepend(json.string("prepend"));
      case "Replace" -> replace(json);
      case "NFC" -> new Normalizer.UnicodeForm(Form.NFC);
      case "NFD" -> new Normalizer.UnicodeForm(Form.NFD);
      case "NFKC" -> new Normalizer.UnicodeForm(Form.NFKC);
      case "NFKD" -> new Normalizer.UnicodeForm(Form.NFKD);
      case "Strip" ->
          new Normalizer.Strip(json.flag("strip_left", false), json.flag("strip_right", false));
      case "Lowercase" -> new Normalizer.Lowercase();
      default ->
          throw json.unsupported(
              "a normalizer of Sequence, Prepend, Replace, NFC, NFD, NFKC, NFKD, Strip, Lowercase",
              json.type());
    };
  }

  private static Normalizer replace(JsonObject json) {
    JsonObject pattern = json.object("pattern");
    String content = json.string("content");
    if (pattern.members().containsKey("Regex")) {
      return new Normalizer.ReplaceMatches(regex(pattern), content);
    }
    String search = pattern.string("String");
    if (search.isEmpty()) {
      throw pattern.fault("text to replace", "an empty string");
    }
    return new Normalizer.Replace(search, content);
  }

  /**
   * What {@code "pre_tokenizer"} says.
   *
   * @param steps how a text is cut
   * @param byteLevel whether it is written in the byte alphabet then
   */
  record Cutting(PreTokenizer steps, boolean byteLevel) {}

  /** Reads {@code "pre_tokenizer"}. */
  static Cutting preTokenizer(JsonObject json) {
    List<JsonObject> parts = new ArrayList<>();
    if (json != null) {
      flatten(json, parts);
    }
    List<PreTokenizer> steps = new ArrayList<>();
    boolean byteLevel = false;
    for (int i = 0; i < parts.size(); i++) {
      JsonObject part = parts.get(i);
      switch (part.type()) {
        case "ByteLevel" -> {
          if (byteLevel) {
            throw part.unsupported("one ByteLevel", "two");
          }
          byteLevel(part, i < parts.size() - 1, steps);
          byteLevel = true;
        }
        case "Metaspace" -> metaspace(part, steps);
        case "Split" ->
            steps.add(
                new PreTokenizer.Split(pattern(part), behavior(part), part.flag("invert", false)));
        case "Digits" ->
            steps.add(
                PreTokenizer.Split.isolated(
                    part.flag("individual_digits", false) ? "\\p{N}" : "\\p{N}+"));
        case "Punctuation" ->
            steps.add(
                new PreTokenizer.Split(
                    RegexSyntax.compile("[!-/:-@\\[-`{-~\\p{P}]"),
                    part.optionalString("behavior") == null
                        ? PreTokenizer.Behavior.ISOLATED
                        : behavior(part),
                    false));
        case "Whitespace" ->
            steps.add(
                new PreTokenizer.Split(
                    Pattern.compile("\\w+|[^\\w\\s]+", Pattern.UNICODE_CHARACTER_CLASS),
                    PreTokenizer.Behavior.REMOVED,
                    true));
        case "WhitespaceSplit" ->
            steps.add(
                new PreTokenizer.Split(
                    RegexSyntax.compile("\\s"), PreTokenizer.Behavior.REMOVED, false));
        default ->
            throw part.unsupported(
                "a pre-tokenizer of Sequence, Split, ByteLevel, Metaspace, Digits, Punctuation,"
                    + " Whitespace, WhitespaceSplit",
                part.type());
      }
    }
    return new Cutting(new PreTokenizer.Sequence(steps), byteLevel);
  }

  private static void flatten(JsonObject json, List<JsonObject> parts) {
    if (json.type().equals("Sequence")) {
      json.objects("pretokenizers").forEach(part -> flatten(part, parts));
    } else {
      parts.add(json);
    }
  }

  private static void byteLevel(JsonObject json, boolean spellOut, List<PreTokenizer> steps) {
    if (json.flag("add_prefix_space", true)) {
      steps.add(new PreTokenizer.ByteLevel(true, false));
    }
    if (json.flag("use_regex", true)) {
      steps.add(PreTokenizer.Split.isolated(NamedPreTokenizers.GPT2));
    }
    if (spellOut) {
      steps.add(new PreTokenizer.ByteLevel(false, true));
    }
  }

  private static void metaspace(JsonObject json, List<PreTokenizer> steps) {
    String space = json.string("replacement");
    steps.add(new PreTokenizer.Metaspace(space, prepend(json)));
    if (json.flag("split", true)) {
      steps.add(
          new PreTokenizer.Split(
              Pattern.compile(Pattern.quote(space)),
              PreTokenizer.Behavior.MERGED_WITH_NEXT,
              false));
    }
  }

  private static PreTokenizer.Prepend prepend(JsonObject json) {
    String scheme = json.optionalString("prepend_scheme");
    if (scheme == null) { // older files
      return json.flag("add_prefix_space", true)
          ? PreTokenizer.Prepend.ALWAYS
          : PreTokenizer.Prepend.NEVER;
    }
    return switch (scheme) {
      case "always" -> PreTokenizer.Prepend.ALWAYS;
      case "first" -> PreTokenizer.Prepend.FIRST;
      case "never" -> PreTokenizer.Prepend.NEVER;
      default -> throw json.fault("a prepend_scheme of always, first, never", scheme);
    };
  }

  private static Pattern pattern(JsonObject json) {
    JsonObject pattern = json.object("pattern");
    return pattern.members().containsKey("Regex")
        ? regex(pattern)
        : Pattern.compile(Pattern.quote(pattern.string("String")));
  }

  private static Pattern regex(JsonObject pattern) {
    String expression = pattern.string("Regex");
    try {
      return RegexSyntax.compile(expression);
    } catch (PatternSyntaxException e) {
      throw pattern.fault("a regular expression", expression + ": " + e.getDescription());
    } catch (StackOverflowError e) {
      throw pattern.fault("a regular expression", "one that is nested too deep");
    }
  }

  private static PreTokenizer.Behavior behavior(JsonObject json) {
    return switch (json.string("behavior").toLowerCase(Locale.ROOT)) {
      case "removed" -> PreTokenizer.Behavior.REMOVED;
      case "isolated" -> PreTokenizer.Behavior.ISOLATED;
      case "mergedwithprevious" -> PreTokenizer.Behavior.MERGED_WITH_PREVIOUS;
      case "mergedwithnext" -> PreTokenizer.Behavior.MERGED_WITH_NEXT;
      case "contiguous" -> PreTokenizer.Behavior.CONTIGUOUS;
      default ->
          throw json.fault(
              "a behavior of Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous",
              json.string("behavior"));
    };
  }

  /**
   * Whether the encoder puts a space before each stretch of text, whatever it begins with. {@link
   * PreTokenizer.Metaspace} does not: a text that begins with a space keeps its own.
   */
  static boolean prefixesEach(Normalizer normalizer) {
    return normalizer instanceof Normalizer.Prepend
        || normalizer instanceof Normalizer.Sequence sequence
            && sequence.steps().stream().anyMatch(JsonPipeline::prefixesEach);
  }

  /**
   * What {@code "decoder"} says.
   *
   * @param bytes whether pieces named {@code <0xNN>} are bytes
   * @param dropsSpace whether it drops a space at the start
   */
  record Decoding(boolean bytes, boolean dropsSpace) {}

  /** Reads {@code "decoder"}. */
  static Decoding decoder(JsonObject json) {
    List<JsonObject> parts =
        json == null
            ? List.of()
            : json.type().equals("Sequence") ? json.objects("decoders") : List.of(json);
    boolean bytes = false;
    boolean dropsSpace = false;
    for (JsonObject part : parts) {
      switch (part.type()) {
        case "ByteLevel", "Fuse" -> {}
        case "ByteFallback" -> bytes = true;
        case "Replace" -> {
          String search = part.object("pattern").string("String");
          if (!search.equals(SPACE) || !part.string("content").equals(" ")) {
            throw part.unsupported("a decoder that replaces U+2581 by a space", search);
          }
        }
        case "Strip" -> {
          if (part.members().get("start") instanceof Integer start && start > 0) {
            dropsSpace = true;
          }
        }
        case "Metaspace" -> dropsSpace = prepend(part) != PreTokenizer.Prepend.NEVER;
        default ->
            throw part.unsupported(
                "a decoder of Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace",
                part.type());
      }
    }
    return new Decoding(bytes, dropsSpace);
  }
}
