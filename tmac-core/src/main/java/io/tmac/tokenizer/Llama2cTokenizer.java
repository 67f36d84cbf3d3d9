package io.tmac.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The tokenizer of llama2.c's {@code run.c}: byte-pair encoding by score, with byte tokens for the
 * characters that are not in the vocabulary.
 *
 * <p>A text becomes BOS, the token " " (if the text is not empty and there is such a token), then a
 * token per character or, for a character that has none, a token per byte; then pairs are merged.
 *
 * <p>Only pieces that print as their own text are looked for in a text, so neither {@code
 * "\n<s>\n"} nor {@code "<0x0A>"} in it can become the token of that name, and decoding gives back
 * what was encoded. Two things run.c leaves open: a byte whose token is missing becomes {@code
 * <unk>}, and a NUL does not end the text.
 */
final class Llama2cTokenizer implements Tokenizer {

  private static final int UNK = 0;
  private static final int BOS = 1;
  private static final int EOS = 2;
  private static final int FIRST_ORDINARY = 3;

  /** In {@link #byteValues}: the token is not {@code <0xNN>}. */
  private static final short NOT_A_BYTE = -1;

  private final Vocabulary vocabulary;
  private final Merges merges;
  private final SpecialTokens specials;

  /** [vocabSize] the byte a {@code <0xNN>} token stands for, else NOT_A_BYTE. */
  private final short[] byteValues;

  /** [256] the token of each byte, UNK where there is none. */
  private final int[] byteIds = new int[256];

  /** The piece " " that goes before a text, or NOT_FOUND. */
  private final int spaceId;

  Llama2cTokenizer(TokenizerBin file) {
    int vocabSize = file.scores().length;
    byteValues = new short[vocabSize];
    BitSet findable = new BitSet(vocabSize);
    Arrays.fill(byteValues, NOT_A_BYTE);
    // Downwards, so that of equal byte tokens the lowest id stays.
    for (int id = vocabSize - 1; id >= FIRST_ORDINARY; id--) {
      byteValues[id] = byteValue(file.bytes(), file.offsets()[id], file.lengths()[id]);
      if (byteValues[id] == NOT_A_BYTE) {
        findable.set(id);
      } else {
        byteIds[byteValues[id]] = id;
      }
    }
    vocabulary = new Vocabulary(file.bytes(), file.offsets(), file.lengths(), findable);
    merges = new ScoredMerges(vocabulary, file.scores());
    specials = specials(vocabulary);
    spaceId = vocabulary.find(new byte[] {' '}, 0, 1);
  }

  @Override
  public int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public OptionalInt bosId() {
    return OptionalInt.of(BOS);
  }

  @Override
  public OptionalInt eosId() {
    return EOS < vocabSize() ? OptionalInt.of(EOS) : OptionalInt.empty();
  }

  @Override
  public boolean addsBos() {
    return true;
  }

  /** llama2.c's models learn texts that begin with BOS one after the other: BOS ends a text. */
  @Override
  public boolean isEndOfText(int id) {
    return checked(id) == BOS;
  }

  @Override
  public boolean isControl(int id) {
    return checked(id) == BOS || id == EOS;
  }

  @Override
  public byte[] pieceBytes(int id) {
    short value = byteValues[checked(id)];
    return value == NOT_A_BYTE ? vocabulary.piece(id) : new byte[] {(byte) value};
  }

  @Override
  public byte[] decode(int previousId, int id) {
    if (isControl(id)) {
      return new byte[0];
    }
    byte[] bytes = pieceBytes(id);
    boolean prefixed =
        previousId == BOS && byteValues[id] == NOT_A_BYTE && bytes.length > 0 && bytes[0] == ' ';
    return prefixed ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }

  @Override
  public int[] encode(byte[] utf8, EncodeOptions options) {
    BitSet literal = new BitSet();
    literal.set(0, utf8.length, !options.parseSpecials());
    return encode(utf8, literal, options.addBos());
  }

  @Override
  public int[] encode(List<TextSegment> segments, boolean addBos) {
    ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
    BitSet literal = new BitSet();
    for (TextSegment segment : segments) {
      int from = utf8.size();
      utf8.writeBytes(segment.text().getBytes(StandardCharsets.UTF_8));
      literal.set(from, utf8.size(), !segment.parseSpecials());
    }
    return encode(utf8.toByteArray(), literal, addBos);
  }

  /** Encodes a text in which the bytes of {@code literal} belong to no special token. */
  private int[] encode(byte[] utf8, BitSet literal, boolean addBos) {
    IntStream.Builder ids = IntStream.builder();
    if (addBos) {
      ids.add(BOS);
    }
    int from = 0;
    for (int at = literal.nextClearBit(0); at < utf8.length; ) {
      SpecialTokens.Special special = specials.at(utf8, at);
      int next = literal.nextSetBit(at);
      if (special == null || (next >= 0 && next < at + special.name().length)) {
        at = literal.nextClearBit(at + 1);
        continue;
      }
      encodeText(utf8, from, at, ids);
      ids.add(special.id());
      at += special.name().length;
      from = at;
    }
    encodeText(utf8, from, utf8.length, ids);
    return ids.build().toArray();
  }

  /** Encodes a stretch without special tokens. Each has its own space in front. */
  private void encodeText(byte[] utf8, int from, int to, IntStream.Builder ids) {
    if (from == to) {
      return;
    }
    int prefix = spaceId == Vocabulary.NOT_FOUND ? 0 : 1;
    byte[] text = new byte[prefix + to - from];
    System.arraycopy(utf8, from, text, prefix, to - from);
    PairMerger merger = new PairMerger(vocabulary, merges);
    merger.begin(text, 0, text.length);
    if (prefix > 0) {
      text[0] = ' ';
      merger.add(spaceId, prefix);
    }
    int start = prefix;
    while (start < text.length) {
      int end = Utf8.characterEnd(text, start, text.length);
      int id = vocabulary.find(text, start, end);
      if (id == Vocabulary.NOT_FOUND) {
        for (int i = start; i < end; i++) {
          merger.add(byteIds[text[i] & 0xFF], i + 1);
        }
      } else {
        merger.add(id, end);
      }
      start = end;
    }
    merger.merge();
    merger.appendTo(ids);
  }

  private int checked(int id) {
    if (id < 0 || id >= vocabSize()) {
      throw new IllegalArgumentException(
          "token id must be 0 to " + (vocabSize() - 1) + ", is " + id);
    }
    return id;
  }

  /** Returns NN if the piece is {@code <0xNN>}, else NOT_A_BYTE. */
  private static short byteValue(byte[] bytes, int offset, int length) {
    if (length != 6
        || bytes[offset] != '<'
        || bytes[offset + 1] != '0'
        || bytes[offset + 2] != 'x'
        || bytes[offset + 5] != '>') {
      return NOT_A_BYTE;
    }
    int high = Character.digit(bytes[offset + 3], 16);
    int low = Character.digit(bytes[offset + 4], 16);
    return high < 0 || low < 0 ? NOT_A_BYTE : (short) (high << 4 | low);
  }

  /** The names of the special tokens. The file has newlines around those of BOS and EOS. */
  private static SpecialTokens specials(Vocabulary vocabulary) {
    List<SpecialTokens.Special> specials = new ArrayList<>();
    for (int id = UNK; id < FIRST_ORDINARY; id++) {
      String name = new String(vocabulary.piece(id), StandardCharsets.ISO_8859_1).strip();
      if (!name.isEmpty()) {
        specials.add(new SpecialTokens.Special(id, name.getBytes(StandardCharsets.ISO_8859_1)));
      }
    }
    return new SpecialTokens(specials);
  }
}
