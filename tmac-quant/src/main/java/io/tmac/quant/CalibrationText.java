package io.tmac.quant;

import io.tmac.ModelConfig;
import io.tmac.TmacException;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A text that shows what the matrices of a model are used for.
 *
 * @param text a file of UTF-8 text
 * @param tokenizer the tokenizer's file, or null for the one beside the model
 * @param maxTokens tokens that are used, from the beginning of the text
 */
record CalibrationText(Path text, Path tokenizer, int maxTokens) {

  /**
   * Cuts the text into windows, as {@link Perplexity} does by default.
   *
   * @param model the model's file
   * @param config its shape
   * @return the tokens of each window
   * @throws TmacException if the text has no tokens, or the model no tokenizer
   */
  int[][] windows(Path model, ModelConfig config) throws IOException {
    Tokenizer tokens = tokenizer(model, tokenizer, config);
    int[] ids = tokens.encode(Files.readAllBytes(text), EncodeOptions.TEXT);
    int[] used = Arrays.copyOf(ids, Math.min(ids.length, maxTokens));
    int[] begin = tokens.addsBos() ? new int[] {tokens.bosId().orElseThrow()} : new int[0];
    int window = Math.min(Perplexity.DEFAULT_WINDOW, config.contextLength());
    if (used.length == 0) {
      throw new TmacException(text + " is empty: there is nothing to calibrate with");
    }
    List<int[]> windows = new ArrayList<>();
    for (WindowedText.Window w : WindowedText.cut(begin, used, Windows.disjoint(window))) {
      windows.add(w.tokens());
    }
    return windows.toArray(int[][]::new);
  }

  /**
   * Loads the tokenizer of a model.
   *
   * @param tokenizer its file, or null for the model's own
   */
  static Tokenizer tokenizer(Path model, Path tokenizer, ModelConfig config) throws IOException {
    return tokenizer != null
        ? Tokenizer.load(tokenizer, config.vocabSize())
        : Tokenizers.load(model);
  }
}
