package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import io.tmac.tokenizer.BytePairEncoder.Unit;
import io.tmac.tokenizer.PieceDecoder.LeadingSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A {@code tokenizer.json} of Hugging Face's tokenizers with a model of type BPE, byte-level or
 * with U+2581 for a space.
 */
final class TokenizerJson {

  private final String file;
  private final JsonModel model;
  private final List<JsonObject> added = new ArrayList<>();
  private JsonObject normalizer;
  private JsonObject preTokenizer;
  private JsonObject postProcessor;
  private JsonObject decoder;

  /** Which added tokens are control tokens: those that are marked "special". */
  private final BitSet control = new BitSet();

  /** The name of each token; empty in a gap of the ids. */
  private String[] names;

  private TokenizerJson(String file) {
    this.file = file;
    this.model = new JsonModel(file);
  }

  /**
   * Says whether a file is JSON by its name or bytes. A {@code tokenizer.bin} may begin with the
   * same character, but has a zero after it.
   */
  static boolean isJson(String file, byte[] bytes) {
    if (file.endsWith(".json")) {
      return true;
    }
    int at = 0;
    while (at < bytes.length && " \t\r\n".indexOf(bytes[at]) >= 0) {
      at++;
    }
    return at + 1 < bytes.length && bytes[at] == '{' && bytes[at + 1] != 0;
  }

  /**
   * Reads a tokenizer.
   *
   * @param file the file's name, for messages
   * @param settings what lies beside it
   */
  static Tokenizer read(String file, byte[] bytes, TokenizerSettings settings) {
    TokenizerJson json = new TokenizerJson(file);
    JsonInput.read(file, bytes, json::member);
    return json.tokenizer(settings);
  }

  private void member(JsonInput in, String name) {
    switch (name) {
      case "added_tokens" -> in.array(() -> added.add(object(in, name)));
      case "normalizer" -> normalizer = object(in, name);
      case "pre_tokenizer" -> preTokenizer = object(in, name);
      case "post_processor" -> postProcessor = object(in, name);
      case "decoder" -> decoder = object(in, name);
      case "model" -> in.object(member -> model.read(in, member));
      default -> in.skip();
    }
  }

  private static JsonObject object(JsonInput in, String name) {
    Object value = in.value();
    if (value != null && !(value instanceof JsonObject)) {
      throw in.fault("an object for " + name, String.valueOf(value));
    }
    return (JsonObject) value;
  }

  private Tokenizer tokenizer(TokenizerSettings settings) {
    if (model.ids.isEmpty()) {
      throw new ModelFormatException(file, 0, "a model with a vocabulary", "none");
    }
    nameTokens();
    Normalizer normalizing = JsonPipeline.normalizer(normalizer);
    JsonPipeline.Cutting cutting = JsonPipeline.preTokenizer(preTokenizer);
    JsonPipeline.Decoding decoding = JsonPipeline.decoder(decoder);
    BitSet isAdded = new BitSet();
    added.forEach(token -> isAdded.set(token.id("id")));
    if (model.unknownId() >= 0) {
      isAdded.clear(model.unknownId()); // It stands for a character, inside a stretch of text.
    }
    boolean namesBytes = decoding.bytes() || model.byteFallback;
    BitSet bytes = new BitSet();
    int[] byteIds = VocabularyTokenizers.noBytes();
    if (!cutting.byteLevel() && namesBytes) {
      findBytes(bytes, byteIds);
    }
    Vocabulary vocabulary = vocabulary(cutting.byteLevel(), bytes);
    BytePairEncoder encoder =
        new BytePairEncoder(
            vocabulary,
            merges(),
            cutting.byteLevel()
                ? Unit.BYTE
                : model.byteFallback ? Unit.CHARACTER_OR_BYTES : Unit.CHARACTER,
            cutting.byteLevel() ? VocabularyTokenizers.singleBytes(vocabulary) : byteIds,
            model.unknownId(),
            model.fuseUnknown,
            model.wholePieces);
    TextMarks marks = marks(settings);
    return new BytePairTokenizer(
        marks,
        control,
        VocabularyTokenizers.ends(marks, Arrays.asList(names)),
        cutters(normalizing),
        normalizing,
        cutting.steps(),
        encoder,
        new PieceDecoder(
            vocabulary,
            bytes,
            isAdded,
            !cutting.byteLevel(),
            leadingSpace(
                decoder == null ? !cutting.byteLevel() : decoding.dropsSpace(),
                JsonPipeline.prefixesEach(normalizing))));
  }

  /** A decoder drops one space; the encoder may have put in more. */
  private static LeadingSpace leadingSpace(boolean dropsSpace, boolean prefixesEach) {
    if (!dropsSpace) {
      return LeadingSpace.NONE;
    }
    return prefixesEach ? LeadingSpace.EACH : LeadingSpace.FIRST;
  }

  /** Puts all tokens at their ids. Few ids may be left out, so that none makes a large table. */
  private void nameTokens() {
    Map<Integer, String> byId = new HashMap<>();
    int highest = 0;
    for (Map.Entry<String, Integer> piece : model.ids.entrySet()) {
      highest = Math.max(highest, piece.getValue());
      name(byId, piece.getValue(), piece.getKey());
    }
    for (JsonObject token : added) {
      int id = token.id("id");
      String content = token.string("content");
      highest = Math.max(highest, id);
      Integer piece = model.ids.get(content);
      if (piece != null && piece != id) {
        throw token.fault("the id " + piece + " that the vocabulary has for " + content, "" + id);
      }
      name(byId, id, content);
      if (token.flag("special", false)) {
        control.set(id);
      }
    }
    int most = 2 * byId.size() + 1024;
    if (highest >= most) {
      throw new ModelFormatException(
          file, 0, "token ids below " + most + " for " + byId.size() + " tokens", "" + highest);
    }
    names = new String[highest + 1];
    Arrays.fill(names, "");
    byId.forEach((id, name) -> names[id] = name);
  }

  private void name(Map<Integer, String> byId, int id, String name) {
    String other = byId.putIfAbsent(id, name);
    if (other != null && !other.equals(name)) {
      throw new ModelFormatException(
          file, 0, "one token for each id", other + " and " + name + " for " + id);
    }
  }

  private void findBytes(BitSet bytes, int[] byteIds) {
    for (int id = names.length - 1; id >= 0; id--) {
      int value = PieceDecoder.byteValue(VocabularyTokenizers.utf8(names[id]));
      if (value >= 0) {
        bytes.set(id);
        byteIds[value] = id;
      }
    }
  }

  /** The pieces. Control tokens and bytes are never found in a text. */
  private Vocabulary vocabulary(boolean byteLevel, BitSet bytes) {
    BitSet findable = new BitSet(names.length);
    List<byte[]> pieces = new ArrayList<>(names.length);
    for (int id = 0; id < names.length; id++) {
      String name = names[id];
      boolean text = model.ids.containsKey(name) && !control.get(id) && !bytes.get(id);
      if (byteLevel) {
        pieces.add(VocabularyTokenizers.byteLevelPiece(name, text, id, findable));
      } else {
        pieces.add(VocabularyTokenizers.utf8(name));
        findable.set(id, text);
      }
    }
    return Vocabulary.of(pieces, findable);
  }

  private Merges merges() {
    RankedMerges.Builder merges = new RankedMerges.Builder();
    for (int rank = 0; rank < model.lefts.size(); rank++) {
      String left = model.lefts.get(rank);
      String right = model.rights.get(rank);
      int leftId = model.id("merges", left);
      int rightId = model.id("merges", right);
      int result = model.id("merges with results", left + right);
      if (left.isEmpty() || right.isEmpty()) {
        throw new ModelFormatException(
            file, 0, "merges of pieces with text", "one of '" + left + "' and '" + right + "'");
      }
      if (!control.get(leftId) && !control.get(rightId) && !control.get(result)) {
        merges.add(leftId, rightId, result);
      }
    }
    return merges.build();
  }

  private BytePairTokenizer.Cutters cutters(Normalizer normalizing) {
    List<AddedTokens.Added> plain = new ArrayList<>();
    List<AddedTokens.Added> plainNormalized = new ArrayList<>();
    List<AddedTokens.Added> all = new ArrayList<>();
    List<AddedTokens.Added> allNormalized = new ArrayList<>();
    List<AddedTokens.Added> marked = new ArrayList<>();
    for (JsonObject token : added) {
      String content = token.string("content");
      boolean special = token.flag("special", false);
      boolean normalized = token.flag("normalized", !special);
      String name =
          normalized && !content.isEmpty() ? normalizing.normalize(content, 1 << 20) : content;
      AddedTokens.Added cut = cut(token, name);
      (normalized ? allNormalized : all).add(cut);
      if (!special) {
        (normalized ? plainNormalized : plain).add(cut);
      }
      if (special || !normalized) {
        marked.add(cut(token, content));
      }
    }
    return new BytePairTokenizer.Cutters(
        new AddedTokens(plain),
        new AddedTokens(plainNormalized),
        new AddedTokens(all),
        new AddedTokens(allNormalized),
        new AddedTokens(marked));
  }

  private static AddedTokens.Added cut(JsonObject token, String name) {
    return new AddedTokens.Added(
        token.id("id"),
        name,
        token.flag("single_word", false),
        token.flag("lstrip", false),
        token.flag("rstrip", false));
  }

  private TextMarks marks(TokenizerSettings settings) {
    Frame frame = frame();
    OptionalInt bos = frame.bos.isPresent() ? frame.bos : known(settings.bosId(this::find));
    OptionalInt eos = frame.eos.isPresent() ? frame.eos : known(settings.eosId(this::find));
    return new TextMarks(
        bos,
        eos,
        model.unknownId() < 0 ? OptionalInt.empty() : OptionalInt.of(model.unknownId()),
        settings.endIds().stream().filter(this::isKnown).collect(Collectors.toSet()),
        bos.isPresent() && settings.addBos().orElse(frame.bos.isPresent()),
        eos.isPresent() && settings.addEos().orElse(frame.eos.isPresent()));
  }

  /** A configuration may name tokens that only a larger tokenizer has. */
  private OptionalInt known(OptionalInt id) {
    return id.isPresent() && isKnown(id.getAsInt()) ? id : OptionalInt.empty();
  }

  private boolean isKnown(int id) {
    return id >= 0 && id < names.length;
  }

  private OptionalInt find(String name) {
    for (int id = 0; id < names.length; id++) {
      if (name.equals(names[id])) {
        return OptionalInt.of(id);
      }
    }
    return OptionalInt.empty();
  }

  /** The tokens that the post-processor puts around a text. */
  private record Frame(OptionalInt bos, OptionalInt eos) {}

  private Frame frame() {
    List<JsonObject> parts =
        postProcessor == null
            ? List.of()
            : postProcessor.type().equals("Sequence")
                ? postProcessor.objects("processors")
                : List.of(postProcessor);
    Frame frame = new Frame(OptionalInt.empty(), OptionalInt.empty());
    for (JsonObject part : parts) {
      frame =
          switch (part.type()) {
            case "ByteLevel" -> frame;
            case "TemplateProcessing" -> template(part);
            default ->
                throw part.unsupported(
                    "a post-processor of Sequence, ByteLevel, TemplateProcessing", part.type());
          };
    }
    return frame;
  }

  /** Reads {@code "single"}: at most one special token on each side of the sequence. */
  private Frame template(JsonObject json) {
    OptionalInt[] around = {OptionalInt.empty(), OptionalInt.empty()};
    int side = 0;
    for (JsonObject part : json.objects("single")) {
      if (part.members().containsKey("Sequence")) {
        side = 1;
        continue;
      }
      String name = part.object("SpecialToken").string("id");
      if (around[side].isPresent()) {
        throw json.unsupported("one special token on each side of a text", "another one, " + name);
      }
      around[side] = find(name);
      if (around[side].isEmpty()) {
        throw json.fault("special tokens of the vocabulary", name);
      }
    }
    return new Frame(around[0], around[1]);
  }
}
