package io.tmac.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Decodes a text token by token and hands out whole characters only.
 *
 * <p>A character may be spread over several tokens. Its first bytes are held back until the last
 * one has come, or until a byte shows that it never will: then they become U+FFFD. Whatever way the
 * ids are fed, the joined results are the text that {@link Tokenizer#decode(int[])} gives.
 *
 * <p>Not safe for use by several threads at once. Made by {@link Tokenizer#newDecoder()}.
 */
public final class StreamDecoder {

  private final Tokenizer tokenizer;
  private int previousId;

  /** At most 3 bytes: the start of a character that has not ended. */
  private byte[] held = {};

  StreamDecoder(Tokenizer tokenizer, int previousId) {
    this.tokenizer = tokenizer;
    this.previousId = previousId;
  }

  /**
   * Takes the next token.
   *
   * @param id a token id
   * @return the characters that are now complete, often none
   * @throws IllegalArgumentException if the vocabulary has no such id
   */
  public String accept(int id) {
    byte[] piece = tokenizer.decode(previousId, id);
    previousId = id;
    byte[] bytes = piece;
    if (held.length > 0) {
      bytes = Arrays.copyOf(held, held.length + piece.length);
      System.arraycopy(piece, 0, bytes, held.length, piece.length);
    }
    int complete = Utf8.completeLength(bytes);
    held = Arrays.copyOfRange(bytes, complete, bytes.length);
    return new String(bytes, 0, complete, StandardCharsets.UTF_8);
  }

  /**
   * Ends the text, or gives up waiting. Decoding may go on after it.
   *
   * @return U+FFFD if the start of a character was held back, else nothing
   */
  public String flush() {
    String rest = new String(held, StandardCharsets.UTF_8);
    held = new byte[0];
    return rest;
  }
}
