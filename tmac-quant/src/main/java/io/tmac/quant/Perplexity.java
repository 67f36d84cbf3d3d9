package io.tmac.quant;

import io.tmac.Model;
import io.tmac.Session;
import io.tmac.TmacException;

/**
 * Measures how well a model predicts a text.
 *
 * <p>The text's tokens are cut into {@link Windows}. Without overlap, every position but the first
 * of a window is scored: where the model adds BOS, that is each token of the text, else each but
 * one per window. With overlap, each token is scored once, in the first window that holds it; that
 * is the usual sliding-window perplexity.
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
   * Evaluates a model on a text, in windows without overlap.
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
    return evaluate(model, utf8, Windows.disjoint(window));
  }

  /**
   * Evaluates a model on a text.
   *
   * @param model a model with a tokenizer
   * @param utf8 the text; names of special tokens in it are ordinary text
   * @param windows how the text is cut
   * @return the score
   * @throws TmacException if the model has no tokenizer, or if no token of the text can be scored
   * @throws IllegalArgumentException if a window does not fit the context, or if the stride is more
   *     than the text tokens of a window
   * @throws IllegalStateException if the model is closed
   */
  public static Evaluation evaluate(Model model, byte[] utf8, Windows windows) {
    WindowedText text = WindowedText.of(model, utf8, windows);
    try (Session session = model.newSession()) {
      return evaluate(
          (tokens, visitor) -> {
            session.truncate(0);
            session.logits(tokens, visitor);
          },
          text);
    }
  }

  /** Evaluates what need not be a model in a file. */
  static Evaluation evaluate(LogitSource source, WindowedText text) {
    Score score = new Score();
    for (WindowedText.Window window : text) {
      score.add(source, window);
    }
    return new Evaluation(text.tokens(), score.predicted, score.nll / score.predicted);
  }

  /**
   * The negative log-likelihood of a token.
   *
   * @param logits {@code [vocabSize]}
   * @param token the token
   * @return {@code -log(softmax(logits)[token])} in nats
   */
  static double negativeLogLikelihood(float[] logits, int token) {
    return LogSoftmax.of(logits).negativeLogLikelihood(logits[token]);
  }

  /** The sum over all scored tokens. */
  private static final class Score {
    private double nll;
    private int predicted;

    /** Scores a window. The logits behind its last token predict nothing in it. */
    void add(LogitSource source, WindowedText.Window window) {
      source.logits(
          window.inputs(),
          (position, logits) -> {
            int next = position + 1;
            if (next >= window.firstScored()) {
              nll += negativeLogLikelihood(logits, window.tokens()[next]);
            }
          });
      predicted += window.scored();
    }
  }
}
