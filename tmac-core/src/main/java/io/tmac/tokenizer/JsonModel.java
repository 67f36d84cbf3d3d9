package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The {@code "model"} of a {@code tokenizer.json}: pieces and the list of merges. */
final class JsonModel {
  private final String file;

  /** Ids by piece. */
  final Map<String, Integer> ids = new HashMap<>();

  /** The sides of each merge, the first to merge first. */
  final List<String> lefts = new ArrayList<>();

  final List<String> rights = new ArrayList<>();

  private String unknown;
  boolean fuseUnknown;
  boolean byteFallback;
  boolean wholePieces;

  JsonModel(String file) {
    this.file = file;
  }

  void read(JsonInput in, String name) {
    switch (name) {
      case "type" -> {
        String type = in.string();
        if (!type.equals("BPE")) {
          throw new UnsupportedModelException(file, 0, "a tokenizer model of type BPE", type);
        }
      }
      case "vocab" -> in.object(piece -> ids.put(wellFormed(in, piece), in.id()));
      case "merges" -> in.array(() -> merge(in));
      case "unk_token" -> unknown = (String) option(in, String.class, null);
      case "fuse_unk" -> fuseUnknown = (Boolean) option(in, Boolean.class, false);
      case "byte_fallback" -> byteFallback = (Boolean) option(in, Boolean.class, false);
      case "ignore_merges" -> wholePieces = (Boolean) option(in, Boolean.class, false);
      case "continuing_subword_prefix", "end_of_word_suffix" -> {
        String affix = (String) option(in, String.class, "");
        if (!affix.isEmpty()) {
          throw new UnsupportedModelException(file, 0, "a model without " + name, affix);
        }
      }
      case "dropout" -> {
        Object dropout = in.value();
        if (dropout != null && !(dropout instanceof Number number && number.doubleValue() == 0)) {
          throw new UnsupportedModelException(file, 0, "no dropout", String.valueOf(dropout));
        }
      }
      default -> in.skip();
    }
  }

  private static Object option(JsonInput in, Class<?> type, Object absent) {
    Object value = in.value();
    if (value != null && !type.isInstance(value)) {
      throw in.fault("a " + type.getSimpleName(), String.valueOf(value));
    }
    return value == null ? absent : value;
  }

  private static String wellFormed(JsonInput in, String piece) {
    if (Utf8.hasLoneSurrogate(piece)) {
      throw in.fault("a piece of text", "one with half a surrogate pair");
    }
    return piece;
  }

  /** Reads {@code "a b"} or {@code ["a", "b"]}. */
  private void merge(JsonInput in) {
    List<String> sides = new ArrayList<>(2);
    if (in.isArray()) {
      in.array(() -> sides.add(in.string()));
    } else {
      sides.addAll(List.of(in.string().split(" ", -1)));
    }
    if (sides.size() != 2) {
      throw in.fault("a merge of two pieces", sides.size() + " pieces: " + sides);
    }
    lefts.add(sides.get(0));
    rights.add(sides.get(1));
  }

  /** Returns what stands for text without a token, or NOT_FOUND. */
  int unknownId() {
    return unknown == null ? Vocabulary.NOT_FOUND : id("unk_token", unknown);
  }

  /** Returns the id of a piece that something in the file names. */
  int id(String what, String piece) {
    Integer id = ids.get(piece);
    if (id == null) {
      throw new ModelFormatException(
          file, 0, what + " of pieces of the vocabulary", '"' + piece + '"');
    }
    return id;
  }
}
