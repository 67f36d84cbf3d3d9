package io.tmac.quant.train;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A vocabulary, and how its training left the words.
 *
 * @param tokenizer the vocabulary
 * @param segmentation the ids of each word, {@link Merging#NO_PIECE} for a character that has none
 */
record Trained(TrainedTokenizer tokenizer, Map<String, int[]> segmentation) {

  /** Merges up to a number of pieces, or all that there are. */
  static Trained of(Map<String, Long> words, double coverage, int maxPieces) {
    List<Integer> characters =
        new TokenizerTrainer(TokenizerTrainer.FIRST_CHARACTER + 1, coverage).characters(words);
    Merging merging = new Merging(words, characters);
    merging.merge(maxPieces);
    Map<String, int[]> segmentation = new LinkedHashMap<>();
    int word = 0;
    for (String text : words.keySet()) {
      int[] ids = merging.segmentation()[word++].clone();
      for (int i = 0; i < ids.length; i++) {
        ids[i] += ids[i] == Merging.NO_PIECE ? 0 : TokenizerTrainer.FIRST_CHARACTER;
      }
      segmentation.put(text, ids);
    }
    return new Trained(new TrainedTokenizer(merging.pieces(), characters.size()), segmentation);
  }

  /** The words of a text. */
  static Map<String, Long> words(String text) {
    Words words = new Words();
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    try {
      TrainingText.read(new ByteArrayInputStream(utf8), "text", words);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return words.counts();
  }
}
