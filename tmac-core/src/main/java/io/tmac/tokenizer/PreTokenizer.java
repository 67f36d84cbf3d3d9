package io.tmac.tokenizer;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a text is cut into pieces; nothing merges across their borders. */
sealed interface PreTokenizer {

  /** Leaves the text in one piece. */
  PreTokenizer NONE = new Sequence(List.of());

  /** Cuts each piece into smaller ones. */
  Pieces apply(Pieces pieces);

  /** One step after the other. */
  record Sequence(List<PreTokenizer> steps) implements PreTokenizer {
    @Override
    public Pieces apply(Pieces pieces) {
      Pieces result = pieces;
      for (PreTokenizer step : steps) {
        result = step.apply(result);
      }
      return result;
    }
  }

  /** What becomes of the matches of a {@link Split}. */
  enum Behavior {
    /** They are dropped. */
    REMOVED,
    /** Each is a piece. */
    ISOLATED,
    /** Each is joined to what is before it. */
    MERGED_WITH_PREVIOUS,
    /** Each is joined to what is after it. */
    MERGED_WITH_NEXT,
    /** Those side by side are one piece. */
    CONTIGUOUS
  }

  /**
   * Cuts at the matches of an expression.
   *
   * @param invert what does not match counts as a match, and the other way round
   */
  record Split(Pattern pattern, Behavior behavior, boolean invert) implements PreTokenizer {

    /** Makes each match, and each stretch between two, a piece. */
    static Split isolated(String expression) {
      return new Split(RegexSyntax.compile(expression), Behavior.ISOLATED, false);
    }

    @Override
    public Pieces apply(Pieces pieces) {
      Pieces result = new Pieces(pieces.text, pieces.first, pieces.bytes);
      Matcher matcher = pattern.matcher(new BoundedText(pieces.text));
      Parts parts = new Parts(behavior, result);
      for (int piece = 0; piece < pieces.count(); piece++) {
        int end = pieces.end(piece);
        parts.begin(pieces.start(piece));
        BoundedText.find(
            matcher,
            pieces.start(piece),
            end,
            (from, to) -> {
              parts.addGap(from, invert);
              parts.add(to, !invert);
            });
        parts.addGap(end, invert);
        parts.flush();
      }
      return result;
    }
  }

  /**
   * Writes the text in {@link ByteAlphabet}.
   *
   * @param prefixSpace put a space before each piece that does not begin with one
   * @param spellOut whether a later step looks at the text as it is written then; if none does,
   *     this does nothing, for bytes are what a text becomes anyway
   */
  record ByteLevel(boolean prefixSpace, boolean spellOut) implements PreTokenizer {
    @Override
    public Pieces apply(Pieces pieces) {
      if (!prefixSpace && !spellOut) {
        return pieces;
      }
      return rewrite(
          pieces,
          pieces.bytes || spellOut,
          (piece, out) -> {
            String text = prefixSpace && !piece.startsWith(" ") ? " " + piece : piece;
            if (pieces.bytes || !spellOut) {
              out.append(text);
              return;
            }
            for (byte value : Utf8.encode(text)) {
              out.append(ByteAlphabet.character(value));
            }
          });
    }
  }

  /** When {@link Metaspace} puts a space before a piece that does not begin with one. */
  enum Prepend {
    /** Always. */
    ALWAYS,
    /** At the start of the text that is encoded. */
    FIRST,
    /** Never. */
    NEVER
  }

  /** Writes a space as another character. */
  record Metaspace(String space, Prepend prepend) implements PreTokenizer {
    @Override
    public Pieces apply(Pieces pieces) {
      return rewrite(
          pieces,
          pieces.bytes,
          (piece, out) -> {
            String text = piece.replace(" ", space);
            boolean wanted =
                switch (prepend) {
                  case ALWAYS -> true;
                  case FIRST -> pieces.first && out.isEmpty();
                  case NEVER -> false;
                };
            out.append(wanted && !text.startsWith(space) ? space : "").append(text);
          });
    }
  }

  /** Writes a piece anew. */
  interface Rewriting {
    /** Appends what becomes of the piece. */
    void write(String piece, StringBuilder out);
  }

  private static Pieces rewrite(Pieces pieces, boolean bytes, Rewriting rewriting) {
    StringBuilder text = new StringBuilder(pieces.text.length() + 16);
    int[] ends = new int[pieces.count()];
    for (int piece = 0; piece < ends.length; piece++) {
      rewriting.write(pieces.text.substring(pieces.start(piece), pieces.end(piece)), text);
      ends[piece] = text.length();
    }
    Pieces result = new Pieces(text.toString(), pieces.first, bytes);
    int start = 0;
    for (int end : ends) {
      result.add(start, end);
      start = end;
    }
    return result;
  }

  /** Puts the parts of one piece, matches and what is between them, together. */
  final class Parts {
    private final Behavior behavior;
    private final Pieces result;
    private int start; // of the piece that is not yet written
    private int end;
    private boolean match; // whether the last part of it is a match

    Parts(Behavior behavior, Pieces result) {
      this.behavior = behavior;
      this.result = result;
    }

    void begin(int from) {
      start = from;
      end = from;
      match = false;
    }

    /** What is between two matches goes up to {@code to}; there may be nothing. */
    void addGap(int to, boolean isMatch) {
      if (to > end) {
        add(to, isMatch);
      }
    }

    /** The next part goes up to {@code to}. */
    void add(int to, boolean isMatch) {
      boolean joined =
          start < end
              && switch (behavior) {
                case REMOVED, ISOLATED -> false;
                case MERGED_WITH_PREVIOUS -> isMatch && !match;
                case MERGED_WITH_NEXT -> match && !isMatch;
                case CONTIGUOUS -> match == isMatch;
              };
      if (!joined) {
        flush();
      }
      end = to;
      match = isMatch;
    }

    /** Writes what there is. */
    void flush() {
      if (!match || behavior != Behavior.REMOVED) {
        result.add(start, end);
      }
      start = end;
    }
  }
}
