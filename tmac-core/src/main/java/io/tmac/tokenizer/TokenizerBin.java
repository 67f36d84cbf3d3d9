package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The content of llama2.c's {@code tokenizer.bin}: pieces and scores, as written by its {@code
 * tokenizer.py}.
 *
 * <pre>
 * little-endian; no magic number, no count: as many tokens as the model's vocabulary
 *
 * offset  size
 *      0     4  int32    max_token_length, a hint that is not needed and not checked
 *
 * then per token
 *     +0     4  float32  score
 *     +4     4  int32    n
 *     +8     n           the piece; spaces are plain spaces, not U+2581
 * </pre>
 *
 * @param bytes the whole file
 * @param offsets [vocabSize] where each piece starts in {@code bytes}
 * @param lengths [vocabSize] its length in bytes
 * @param scores [vocabSize]
 */
record TokenizerBin(byte[] bytes, int[] offsets, int[] lengths, float[] scores) {

  private static final int FILE_HEADER_BYTES = 4;
  private static final int TOKEN_HEADER_BYTES = 8;

  /** {@code <unk>}, BOS and EOS are always ids 0, 1 and 2. */
  private static final List<String> SPECIALS = List.of("<unk>", "<s>", "</s>");

  private static final int MIN_TOKENS = SPECIALS.size();
  private static final String SPACE = "\u2581"; // SentencePiece's

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * Counts the tokens of a file without loading them.
   *
   * @param limit the count at which to stop; says "more than that" as cheaply as possible
   * @return the number of tokens, or empty if the file is not a {@code tokenizer.bin}
   */
  static OptionalInt countTokens(Path path, int limit) throws IOException {
    try (FileChannel channel = FileChannel.open(path);
        Arena arena = Arena.ofConfined()) {
      long size = channel.size();
      if (size < FILE_HEADER_BYTES || size > TokenizerReader.MAX_FILE_BYTES) {
        return OptionalInt.empty();
      }
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      Extent extent = Extent.of(file, limit);
      return extent.tokens == limit || extent.end == size
          ? OptionalInt.of(extent.tokens)
          : OptionalInt.empty();
    }
  }

  /**
   * The part of a file that is whole tokens.
   *
   * @param tokens how many
   * @param end the offset after the last one
   */
  private record Extent(int tokens, long end) {

    /** Walks over the tokens of a file of at least 4 bytes, to the first that is not whole. */
    static Extent of(MemorySegment file, int limit) {
      long size = file.byteSize();
      long end = FILE_HEADER_BYTES;
      int tokens = 0;
      while (tokens < limit && size - end >= TOKEN_HEADER_BYTES) {
        int length = file.get(INT, end + 4);
        if (length < 0 || length > size - end - TOKEN_HEADER_BYTES) {
          break;
        }
        end += TOKEN_HEADER_BYTES + length;
        tokens++;
      }
      return new Extent(tokens, end);
    }
  }

  /**
   * Reads the content of a file.
   *
   * @param name its name, for messages
   * @param vocabSize how many tokens there must be; empty if the file decides
   */
  static TokenizerBin parse(byte[] bytes, String name, OptionalInt vocabSize) {
    if (bytes.length < FILE_HEADER_BYTES) {
      throw new ModelFormatException(
          name, 0, "a tokenizer.bin, which begins with 4 bytes", bytes.length + " bytes");
    }
    MemorySegment file = MemorySegment.ofArray(bytes);
    Extent extent = Extent.of(file, Integer.MAX_VALUE);
    check(file, name, extent, vocabSize);

    int[] offsets = new int[extent.tokens];
    int[] lengths = new int[extent.tokens];
    float[] scores = new float[extent.tokens];
    int offset = FILE_HEADER_BYTES;
    for (int id = 0; id < extent.tokens; id++) {
      scores[id] = file.get(FLOAT, offset);
      lengths[id] = file.get(INT, offset + 4);
      offsets[id] = offset + TOKEN_HEADER_BYTES;
      offset += TOKEN_HEADER_BYTES + lengths[id];
    }
    if (Arrays.stream(lengths).allMatch(length -> length == 0)) {
      throw new ModelFormatException(
          name, FILE_HEADER_BYTES, "tokens with text", extent.tokens + " tokens without any");
    }
    return new TokenizerBin(bytes, offsets, lengths, scores);
  }

  /**
   * Reads a file.
   *
   * @param vocabSize how many tokens there must be
   */
  static TokenizerBin read(Path file, int vocabSize) throws IOException {
    byte[] bytes = TokenizerReader.bytes(file);
    return parse(bytes, file.toString(), OptionalInt.of(vocabSize));
  }

  /** The same in SentencePiece's terms. Its models begin a text where the one before it ends. */
  SentencePieceVocabulary vocabulary() {
    List<String> tokens = new ArrayList<>(SPECIALS);
    List<TokenType> types =
        new ArrayList<>(List.of(TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL));
    for (int id = MIN_TOKENS; id < scores.length; id++) {
      String piece = new String(bytes, offsets[id], lengths[id], StandardCharsets.UTF_8);
      tokens.add(piece.replace(" ", SPACE));
      types.add(piece.matches("<0x[0-9a-fA-F]{2}>") ? TokenType.BYTE : TokenType.NORMAL);
    }
    TextMarks marks =
        new TextMarks(
            OptionalInt.of(SPECIALS.indexOf("<s>")),
            OptionalInt.of(SPECIALS.indexOf("</s>")),
            OptionalInt.of(SPECIALS.indexOf("<unk>")),
            Set.of(SPECIALS.indexOf("<s>")),
            true,
            false);
    return new SentencePieceVocabulary(tokens, scores, types, true, marks);
  }

  /** Throws unless the tokens fill the file, and are as many as the model has. */
  private static void check(MemorySegment file, String name, Extent extent, OptionalInt vocabSize) {
    int tokens = extent.tokens;
    long rest = file.byteSize() - extent.end;
    if (rest > 0 && tokens < vocabSize.orElse(Integer.MAX_VALUE)) {
      throw rest < TOKEN_HEADER_BYTES
          ? new ModelFormatException(
              name, extent.end, "8 bytes, score and length of token " + tokens, rest + " bytes")
          : new ModelFormatException(
              name,
              extent.end + 4,
              "the length of token " + tokens + ", 0 to " + (rest - TOKEN_HEADER_BYTES),
              String.valueOf(file.get(INT, extent.end + 4)));
    }
    if (rest > 0 || tokens != vocabSize.orElse(tokens)) {
      throw new ModelFormatException(
          name,
          extent.end,
          "a tokenizer with " + vocabSize.getAsInt() + " tokens, as many as the model has",
          "one with "
              + tokens
              + (rest > 0 ? " tokens and " + rest + " more bytes" : " tokens")
              + "; the two do not belong together");
    }
    if (tokens < MIN_TOKENS) {
      throw new ModelFormatException(
          name, extent.end, "at least 3 tokens, <unk>, <s> and </s>", tokens + " tokens");
    }
  }
}
