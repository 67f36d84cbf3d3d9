package io.tmac.tokenizer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Builds a {@code tokenizer.bin} piece by piece. */
final class TokenizerBytes {

  /** The ids before the first ordinary piece: {@code <unk>}, BOS, EOS and 256 bytes. */
  static final int RESERVED = 259;

  /**
   * A piece and its score.
   *
   * @param bytes the piece
   * @param score its score
   */
  record Piece(byte[] bytes, float score) {}

  private final List<Piece> pieces = new ArrayList<>();

  /** A file with nothing in it. */
  static TokenizerBytes empty() {
    return new TokenizerBytes();
  }

  /** {@code <unk>}, BOS and EOS. */
  static TokenizerBytes withoutBytes() {
    return empty().add("<unk>", 0).add("\n<s>\n", 0).add("\n</s>\n", 0);
  }

  /** The 259 tokens that every tokenizer of llama2.c begins with. */
  static TokenizerBytes withBytes() {
    TokenizerBytes file = withoutBytes();
    for (int value = 0; value < 256; value++) {
      file.add("<0x%02X>".formatted(value), 0);
    }
    return file;
  }

  /** A small vocabulary in which "the" grows from "t", "h", "e". */
  static TokenizerBytes small() {
    return withBytes()
        .add(" ", -10)
        .add("t", -11)
        .add("h", -12)
        .add("e", -13)
        .add("a", -14)
        .add("th", -1)
        .add("he", -2)
        .add("the", -3)
        .add(" the", -4)
        .add("aa", -5)
        .add("é", -15)
        .add("😀", -16);
  }

  TokenizerBytes add(String piece, float score) {
    return add(piece.getBytes(StandardCharsets.UTF_8), score);
  }

  TokenizerBytes add(byte[] piece, float score) {
    pieces.add(new Piece(piece, score));
    return this;
  }

  List<Piece> pieces() {
    return pieces;
  }

  byte[] bytes() {
    int size = 4 + pieces.stream().mapToInt(piece -> 8 + piece.bytes().length).sum();
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(pieces.stream().mapToInt(piece -> piece.bytes().length).max().orElse(0));
    for (Piece piece : pieces) {
      out.putFloat(piece.score()).putInt(piece.bytes().length).put(piece.bytes());
    }
    return out.array();
  }

  Tokenizer load() {
    try {
      return Tokenizer.load(new ByteArrayInputStream(bytes()), "test.bin", pieces.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
