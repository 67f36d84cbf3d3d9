package io.tmac.quant;

import io.tmac.Model;
import io.tmac.Session;
import io.tmac.TmacException;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Measures how well a model predicts a text.
 *
 * <p>The text's tokens are cut into windows of W positions without overlap. Each window is a
 * sequence of its own and begins with BOS if the model adds one, so that it holds W - 1 tokens of
 * the text, else W. The last window may be shorter. Every position but the first of a window is
 * scored: with BOS that is each token of the text, without it each but one per window.
 *
 * <p>The log-softmax is computed in {@code double}. Logits are scored as they come; memory does not
 * grow with the window.
 */
public final class Perplexity {

  /** The window of {@link #window}, if the context has room for it: 512 positions. */
  public static final int DEFAULT_WINDOW = 512;

  private Perplexity() {}

  /**
   * The usual window for a model.
   *
   * @param model the model
   * @return positions, the smaller of {@link #DEFAULT_WINDOW} and the context
   */
  public static int window(Model model) {
    return Math.min(DEFAULT_WINDOW, model.info().contextLength());
  }

  /**
   * Evaluates a model on a text.
   *
   * @param model a model with a tokenizer
   * @param utf8 the text; names of special tokens in it are ordinary text
   * @param window positions of a window, 2 to the context length
   * @return the score
   * @throws TmacException if the model has no tokenizer, or if no token of the text can be scored
   * @throws IllegalArgumentException if the window does not fit the context
   * @throws IllegalStateException if the model is closed
   */
  public static Evaluation evaluate(Model model, byte[] utf8, int window) {
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(() -> new TmacException(model.info().source() + " has no tokenizer"));
    int contextLength = model.info().contextLength();
    if (window < 2 || window > contextLength) {
      throw new IllegalArgumentException(
          "the window must be from 2 to the "
              + contextLength
              + " tokens of the context: "
              + window);
    }
    int[] text = tokenizer.encode(utf8, EncodeOptions.TEXT);
    int[] begin = tokenizer.addsBos() ? new int[] {tokenizer.bosId().orElseThrow()} : new int[0];
    Score score = new Score();
    try (Session session = model.newSession()) {
      int step = window - begin.length;
      for (int from = 0; from < text.length; from += step) {
        int to = Math.min(from + step, text.length);
        int[] tokens = Arrays.copyOf(begin, begin.length + to - from);
        System.arraycopy(text, from, tokens, begin.length, to - from);
        score.add(session, tokens);
        session.truncate(0);
      }
    }
    if (score.predicted == 0) {
      throw new TmacException(
          "the text has " + text.length + " tokens; there is nothing to predict");
    }
    return new Evaluation(text.length, score.predicted, score.nll / score.predicted);
  }

  /**
   * The negative log-likelihood of a token.
   *
   * @param logits {@code [vocabSize]}
   * @param token the token
   * @return {@code -log(softmax(logits)[token])} in nats
   */
  static double negativeLogLikelihood(float[] logits, int token) {
    float max = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit); // NaN stays
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp((double) logit - max);
    }
    return Math.log(sum) - ((double) logits[token] - max);
  }

  /** The sum over all scored tokens. */
  private static final class Score {
    private double nll;
    private int predicted;

    /** Scores a window. The logits behind its last token predict nothing in it. */
    void add(Session session, int[] tokens) {
      if (tokens.length < 2) {
        return;
      }
      int[] inputs = Arrays.copyOf(tokens, tokens.length - 1);
      session.logits(
          inputs, (position, logits) -> nll += negativeLogLikelihood(logits, tokens[position + 1]));
      predicted += inputs.length;
    }
  }
}
