package io.tmac.quant.train;

import io.tmac.TmacException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Learns a vocabulary from a text: byte-pair encoding as SentencePiece does it (Kudo and
 * Richardson, "SentencePiece: A simple and language independent subword tokenizer and detokenizer
 * for Neural Text Processing", 2018).
 *
 * <pre>{@code
 * TokenizerTrainer.ofVocabSize(2048)
 *     .train(Path.of("stories.txt"))
 *     .write(Path.of("tokenizer.bin"));
 * }</pre>
 *
 * <p>The vocabulary is, in this order: {@code <unk>}, BOS and EOS; the 256 bytes; the characters,
 * the most frequent first, of equals the one with the lower code point; the pieces that merge them,
 * in the order they were found. Characters that are rare become bytes. A space is only at the front
 * of a piece; digits are single; letters and punctuation are never in one piece; a line feed is a
 * byte.
 *
 * <p>The same text always gives the same vocabulary. Trainers are immutable and safe for use by
 * many threads.
 *
 * @param vocabSize the number of tokens, more than {@link #FIRST_CHARACTER}
 * @param characterCoverage the part of the text's characters that has tokens, above 0 and at most
 *     1; what is rarest beyond it becomes bytes
 */
public record TokenizerTrainer(int vocabSize, double characterCoverage) {

  /** The id of the first character: three special tokens and 256 bytes are before it. */
  public static final int FIRST_CHARACTER = 3 + 256;

  /** The coverage unless {@link #withCharacterCoverage} says otherwise: SentencePiece's default. */
  public static final double DEFAULT_CHARACTER_COVERAGE = 0.9995;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public TokenizerTrainer {
    if (vocabSize <= FIRST_CHARACTER) {
      throw new IllegalArgumentException(
          "vocabSize must be more than the "
              + FIRST_CHARACTER
              + " special tokens and bytes: "
              + vocabSize);
    }
    if (!(characterCoverage > 0 && characterCoverage <= 1)) {
      throw new IllegalArgumentException(
          "characterCoverage must be above 0 and at most 1: " + characterCoverage);
    }
  }

  /**
   * Begins with a size.
   *
   * @param vocabSize the number of tokens
   * @return a trainer with the default coverage
   * @throws IllegalArgumentException if there is no room for characters
   */
  public static TokenizerTrainer ofVocabSize(int vocabSize) {
    return new TokenizerTrainer(vocabSize, DEFAULT_CHARACTER_COVERAGE);
  }

  /**
   * Chooses how much of the text's characters has tokens.
   *
   * @param characterCoverage above 0 and at most 1
   * @return a trainer with it
   * @throws IllegalArgumentException if it is out of range
   */
  public TokenizerTrainer withCharacterCoverage(double characterCoverage) {
    return new TokenizerTrainer(vocabSize, characterCoverage);
  }

  /**
   * Learns from a file. Its words are held in memory, not its text.
   *
   * @param text a file of UTF-8 text; lines {@code <|endoftext|>} separate its documents
   * @return the vocabulary
   * @throws TmacException if the text is empty or not UTF-8, has more characters than the
   *     vocabulary has room for, or too few pairs to fill it
   * @throws IOException if the file cannot be read
   */
  public TrainedTokenizer train(Path text) throws IOException {
    if (Files.isDirectory(text)) {
      throw new FileSystemException(text.toString(), null, "is a folder, no text");
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(text))) {
      return train(in, text.toString());
    }
  }

  /**
   * Learns from a stream; see {@link #train(Path)}.
   *
   * @param text UTF-8 text, read to its end and left open
   * @param name what errors call it
   * @return the vocabulary
   * @throws TmacException as for a file
   * @throws IOException if the stream cannot be read
   */
  public TrainedTokenizer train(InputStream text, String name) throws IOException {
    Words words = new Words();
    TrainingText.read(text, name, words);
    return train(words.counts(), name);
  }

  TrainedTokenizer train(Map<String, Long> words, String name) {
    if (words.isEmpty()) {
      throw new TmacException(name + " has no text to learn from");
    }
    List<Integer> characters = characters(words);
    if (characters.size() > vocabSize - FIRST_CHARACTER) {
      throw new TmacException(
          String.format(
              "%s needs a vocabulary of at least %d tokens, %d special tokens and bytes and %d"
                  + " characters, found vocabSize %d: choose a larger one, or less coverage",
              name,
              FIRST_CHARACTER + characters.size(),
              FIRST_CHARACTER,
              characters.size(),
              vocabSize));
    }
    Merging merging = new Merging(words, characters);
    merging.merge(vocabSize - FIRST_CHARACTER);
    int found = FIRST_CHARACTER + merging.pieces().size();
    if (found < vocabSize) {
      throw new TmacException(
          String.format(
              "%s has pairs that occur twice for %d tokens, expected vocabSize %d: choose a smaller"
                  + " one, or more text",
              name, found, vocabSize));
    }
    return new TrainedTokenizer(merging.pieces(), characters.size());
  }

  /** The characters that get tokens: the space, and the most frequent ones up to the coverage. */
  List<Integer> characters(Map<String, Long> words) {
    Map<Integer, Long> counts = new HashMap<>();
    words.forEach((word, count) ->
        word.codePoints().forEach(character -> counts.merge(character, count, Long::sum)));
    long all = counts.values().stream().mapToLong(Long::longValue).sum();
    List<Integer> byCount = new ArrayList<>(counts.keySet());
    byCount.sort(
        Comparator.comparingLong((Integer character) -> -counts.get(character))
            .thenComparingInt(character -> character));
    List<Integer> chosen = new ArrayList<>();
    long covered = 0;
    for (int character : byCount) {
      if (character == ' ' || covered < characterCoverage * all) {
        chosen.add(character);
        covered += counts.get(character);
      }
    }
    return chosen;
  }
}
