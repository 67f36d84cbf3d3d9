package io.tmac.quant.train;

import io.tmac.quant.encode.OutputFile;
import io.tmac.tokenizer.Tokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A vocabulary that {@link TokenizerTrainer} has learned. Immutable.
 *
 * <p>As a file it is llama2.c's {@code tokenizer.bin}:
 *
 * <pre>
 * little-endian
 *
 * offset  size
 *      0     4  int32    length of the longest piece in bytes
 *
 * then per token
 *     +0     4  float32  score: -i of merge i, 0 of all others
 *     +4     4  int32    n
 *     +8     n           the piece
 *
 * id 0 &lt;unk&gt;, 1 "\n&lt;s&gt;\n", 2 "\n&lt;/s&gt;\n", 3 to 258 &lt;0x00&gt; to &lt;0xFF&gt;, characters, merges
 * </pre>
 *
 * <p>An encoder that merges the pair with the best score first repeats the training with them.
 */
public final class TrainedTokenizer {
  private static final int TOKEN_HEADER_BYTES = 8;

  private final List<String> pieces; // characters, then merges
  private final int characters;

  TrainedTokenizer(List<String> pieces, int characters) {
    this.pieces = List.copyOf(pieces);
    this.characters = characters;
  }

  /**
   * The number of tokens.
   *
   * @return what the trainer was asked for
   */
  public int vocabSize() {
    return TokenizerTrainer.FIRST_CHARACTER + pieces.size();
  }

  /**
   * The number of characters that have tokens.
   *
   * @return at least 1: the space
   */
  public int characters() {
    return characters;
  }

  /**
   * The number of merges.
   *
   * @return what is left of the vocabulary
   */
  public int merges() {
    return pieces.size() - characters;
  }

  /**
   * What the tokens from {@link TokenizerTrainer#FIRST_CHARACTER} on spell.
   *
   * @return the characters, then the merges in their order; unmodifiable
   */
  public List<String> pieces() {
    return pieces;
  }

  /**
   * The tokenizer, as it is when it is loaded from the file.
   *
   * @return the tokenizer
   */
  public Tokenizer tokenizer() {
    try {
      return Tokenizer.load(new ByteArrayInputStream(toBytes()), "trained tokenizer", vocabSize());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // There is no file.
    }
  }

  /**
   * The content of the file.
   *
   * @return a new array
   */
  public byte[] toBytes() {
    List<byte[]> tokens = new ArrayList<>();
    for (String special : List.of("<unk>", "\n<s>\n", "\n</s>\n")) {
      tokens.add(special.getBytes(StandardCharsets.UTF_8));
    }
    for (int value = 0; value < 256; value++) {
      tokens.add(String.format("<0x%02X>", value).getBytes(StandardCharsets.UTF_8));
    }
    for (String piece : pieces) {
      tokens.add(piece.getBytes(StandardCharsets.UTF_8));
    }
    int size = Integer.BYTES;
    int longest = 0;
    for (byte[] token : tokens) {
      size += TOKEN_HEADER_BYTES + token.length;
      longest = Math.max(longest, token.length);
    }
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putInt(longest);
    int firstMerge = TokenizerTrainer.FIRST_CHARACTER + characters;
    for (int id = 0; id < tokens.size(); id++) {
      byte[] token = tokens.get(id);
      file.putFloat(Math.min(0, firstMerge - id)).putInt(token.length).put(token);
    }
    return file.array();
  }

  /**
   * Writes the file, which appears when it is complete.
   *
   * @param file the file; replaced if it is there
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    OutputFile.write(file, toBytes());
  }
}
