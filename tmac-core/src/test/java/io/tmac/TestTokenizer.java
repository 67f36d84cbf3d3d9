package io.tmac;

import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * A tokenizer whose tokens can be told by eye: 0 is unknown, 1 BOS, 2 end of text, 3 and 4 the two
 * halves of "é", and from 5 on the letters of the alphabet, then pairs "aa", "bb" and so on.
 */
record TestTokenizer(int vocabSize) implements Tokenizer {
  static final int BOS = 1;
  static final int EOS = 2;
  static final int E_ACUTE_FIRST = 3;
  static final int E_ACUTE_SECOND = 4;
  private static final int LETTERS = 5;

  /** The token of a letter. */
  static int letter(char letter) {
    return LETTERS + letter - 'a';
  }

  @Override
  public OptionalInt bosId() {
    return OptionalInt.of(BOS);
  }

  @Override
  public boolean addsBos() {
    return true;
  }

  @Override
  public boolean isEndOfText(int id) {
    return id == EOS;
  }

  @Override
  public boolean isControl(int id) {
    return id < E_ACUTE_FIRST;
  }

  @Override
  public byte[] pieceBytes(int id) {
    String letter = String.valueOf((char) ('a' + (id - LETTERS) % 26));
    return switch (id) {
      case 0, BOS, EOS -> "<control>".getBytes(StandardCharsets.US_ASCII);
      case E_ACUTE_FIRST -> new byte[] {(byte) 0xc3};
      case E_ACUTE_SECOND -> new byte[] {(byte) 0xa9};
      default -> letter.repeat(1 + (id - LETTERS) / 26).getBytes(StandardCharsets.US_ASCII);
    };
  }

  @Override
  public int[] encode(byte[] utf8, EncodeOptions options) {
    int first = options.addBos() ? 1 : 0;
    int[] ids = new int[utf8.length + first];
    if (first == 1) {
      ids[0] = BOS;
    }
    for (int i = 0; i < utf8.length; i++) {
      ids[first + i] = letter((char) utf8[i]);
    }
    return ids;
  }

  @Override
  public byte[] decode(int previousId, int id) {
    return isControl(id) ? new byte[0] : pieceBytes(id);
  }

  /** The bytes of tokens, joined. */
  String text(Iterable<Integer> ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ids.forEach(id -> bytes.writeBytes(decode(NO_TOKEN, id)));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
