package io.tmac.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Byte-pair encoding of any kind, described by data:
 *
 * <pre>
 * text -> special tokens cut out -> normalizer -> pre-tokenizer -> pieces -> symbols -> merges -> ids
 * </pre>
 *
 * The names of control tokens are cut out only where the caller says so; in ordinary text they are
 * ordinary text, and nothing else becomes a control token.
 */
final class BytePairTokenizer implements Tokenizer {

  /** A normalizer may make a text so many times longer. */
  private static final int MAX_GROWTH = 16;

  private final TextMarks marks;
  private final BitSet control;
  private final BitSet ends;
  private final Cutters cutters;
  private final Normalizer normalizer;
  private final PreTokenizer preTokenizer;
  private final BytePairEncoder encoder;
  private final PieceDecoder decoder;

  /**
   * What is cut out of a text before it is normalized, and after.
   *
   * @param plain tokens other than control tokens
   * @param plainNormalized the same, as the normalizer writes them
   * @param all those and the control tokens
   * @param allNormalized the same, as the normalizer writes them
   * @param marked {@code plain} and all control tokens by their own names, for texts of which only
   *     some parts may name control tokens
   */
  record Cutters(
      AddedTokens plain,
      AddedTokens plainNormalized,
      AddedTokens all,
      AddedTokens allNormalized,
      AddedTokens marked) {}

  BytePairTokenizer(
      TextMarks marks,
      BitSet control,
      BitSet ends,
      Cutters cutters,
      Normalizer normalizer,
      PreTokenizer preTokenizer,
      BytePairEncoder encoder,
      PieceDecoder decoder) {
    this.marks = marks;
    this.control = control;
    this.ends = ends;
    this.cutters = cutters;
    this.normalizer = normalizer;
    this.preTokenizer = preTokenizer;
    this.encoder = encoder;
    this.decoder = decoder;
  }

  @Override
  public int vocabSize() {
    return encoder.vocabulary().size();
  }

  @Override
  public OptionalInt bosId() {
    return marks.bosId();
  }

  @Override
  public OptionalInt eosId() {
    return marks.eosId();
  }

  @Override
  public boolean addsBos() {
    return marks.addBos();
  }

  @Override
  public boolean isEndOfText(int id) {
    return ends.get(checked(id));
  }

  @Override
  public boolean isControl(int id) {
    return control.get(checked(id));
  }

  @Override
  public byte[] pieceBytes(int id) {
    return decoder.bytes(checked(id));
  }

  @Override
  public byte[] decode(int previousId, int id) {
    if (isControl(id)) {
      return new byte[0];
    }
    boolean start = previousId == NO_TOKEN || marks.bosId().equals(OptionalInt.of(previousId));
    return decoder.bytesAfter(start, start ? id : checked(previousId), id);
  }

  @Override
  public int[] encode(byte[] utf8, EncodeOptions options) {
    boolean specials = options.parseSpecials();
    AddedTokens raw = specials ? cutters.all : cutters.plain;
    AddedTokens normalized = specials ? cutters.allNormalized : cutters.plainNormalized;
    IntStream.Builder ids = begin(options.addBos());
    new Encoding(raw, AddedTokens.Places.ALL, normalized, ids).encode(Utf8.decode(utf8));
    if (options.addBos() && marks.addEos()) {
      ids.add(marks.eosId().getAsInt());
    }
    return ids.build().toArray();
  }

  /** Encodes the text as a whole; adds no EOS, for what follows is the model's. */
  @Override
  public int[] encode(List<TextSegment> segments, boolean addBos) {
    StringBuilder text = new StringBuilder();
    BitSet literal = new BitSet();
    for (TextSegment segment : segments) {
      int from = text.length();
      text.append(segment.text());
      literal.set(from, text.length(), !segment.parseSpecials());
    }
    AddedTokens.Places places =
        (id, start, end) -> {
          int next = control.get(id) ? literal.nextSetBit(start) : -1;
          return next < 0 || next >= end;
        };
    IntStream.Builder ids = begin(addBos);
    // To bytes and back: what becomes of a lone surrogate is one character, too.
    String whole = Utf8.decode(text.toString().getBytes(StandardCharsets.UTF_8));
    new Encoding(cutters.marked, places, cutters.plainNormalized, ids).encode(whole);
    return ids.build().toArray();
  }

  private IntStream.Builder begin(boolean addBos) {
    IntStream.Builder ids = IntStream.builder();
    if (addBos && marks.addBos()) {
      ids.add(marks.bosId().getAsInt());
    }
    return ids;
  }

  private int checked(int id) {
    if (id < 0 || id >= vocabSize()) {
      throw new IllegalArgumentException(
          "token id must be 0 to " + (vocabSize() - 1) + ", is " + id);
    }
    return id;
  }

  /** The encoding of one text. */
  private final class Encoding {
    private final AddedTokens raw;
    private final AddedTokens.Places places;
    private final AddedTokens normalized;
    private final PairMerger merger = encoder.newMerger();
    private final IntStream.Builder ids;

    Encoding(
        AddedTokens raw, AddedTokens.Places places, AddedTokens normalized, IntStream.Builder ids) {
      this.raw = raw;
      this.places = places;
      this.normalized = normalized;
      this.ids = ids;
    }

    void encode(String text) {
      int from = 0;
      for (AddedTokens.Match match = raw.find(text, 0, places);
          match != null;
          match = raw.find(text, from, places)) {
        normalize(text.substring(from, match.start()), from == 0);
        ids.add(match.id());
        from = match.end();
      }
      normalize(text.substring(from), from == 0);
    }

    private void normalize(String stretch, boolean first) {
      if (stretch.isEmpty()) {
        return;
      }
      int limit = (int) Math.min(Integer.MAX_VALUE, (stretch.length() + 4096L) * MAX_GROWTH);
      String text = normalizer.normalize(stretch, limit);
      int from = 0;
      for (AddedTokens.Match match = normalized.find(text, 0);
          match != null;
          match = normalized.find(text, from)) {
        merge(text.substring(from, match.start()), first && from == 0);
        ids.add(match.id());
        from = match.end();
      }
      merge(text.substring(from), first && from == 0);
    }

    private void merge(String text, boolean first) {
      if (text.isEmpty()) {
        return;
      }
      Pieces pieces = preTokenizer.apply(Pieces.whole(text, first));
      byte[] bytes = pieces.bytes ? ByteAlphabet.bytes(pieces.text) : Utf8.encode(pieces.text);
      int end = 0; // of the last piece, in the text
      int at = 0; // and in the bytes
      for (int piece = 0; piece < pieces.count(); piece++) {
        int from = at + length(pieces, end, pieces.start(piece));
        end = pieces.end(piece);
        at = from + length(pieces, pieces.start(piece), end);
        encoder.encode(bytes, from, at, merger, ids);
      }
    }

    private int length(Pieces pieces, int from, int to) {
      return pieces.bytes ? to - from : Utf8.encodedLength(pieces.text, from, to);
    }
  }
}
