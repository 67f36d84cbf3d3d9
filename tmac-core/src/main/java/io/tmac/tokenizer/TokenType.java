package io.tmac.tokenizer;

/** What a token of a vocabulary is for, as SentencePiece and GGUF tell them apart. */
public enum TokenType {
  /** A piece of text. */
  NORMAL,
  /** Stands for what has no token; it never becomes part of a larger piece. */
  UNKNOWN,
  /** Frames a text or a turn. It prints nothing and is never found in ordinary text. */
  CONTROL,
  /** A piece that is cut out of every text before anything else. */
  USER_DEFINED,
  /** A piece that training left without use. It is read like a normal one. */
  UNUSED,
  /** One byte, named {@code <0xNN>}. */
  BYTE
}
