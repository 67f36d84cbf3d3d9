package io.tmac.quant;

import io.tmac.Model;
import io.tmac.Session;
import io.tmac.TmacException;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Compares what a model predicts with what a reference predicts, usually the same model in float32.
 *
 * <p>Both run over the windows of a text side by side, as {@link Perplexity} does with one. The
 * logits of the reference are kept for {@value #PASS} positions at a time. Beside them and the text
 * there is one number per position, for the percentiles. All sums are {@code double}.
 */
public final class Comparison {

  /** Positions that both models compute in turn, as many as {@link Session} does in one pass. */
  private static final int PASS = 32;

  private Comparison() {}

  /**
   * Compares two models on a text.
   *
   * @param reference a model with a tokenizer; it makes the tokens for both
   * @param model the other; its tokenizer is not used
   * @param utf8 the text; names of special tokens in it are ordinary text
   * @param windows how the text is cut
   * @return the differences over all scored positions
   * @throws TmacException if the models have vocabularies of different sizes, if the reference has
   *     no tokenizer, or if no token of the text can be scored
   * @throws IllegalArgumentException if a window does not fit both contexts, or if the stride is
   *     more than the text tokens of a window
   * @throws IllegalStateException if a model is closed
   */
  public static Divergence compare(Model reference, Model model, byte[] utf8, Windows windows) {
    int vocabSize = reference.info().config().vocabSize();
    if (model.info().config().vocabSize() != vocabSize) {
      throw new TmacException(
          model.info().source()
              + " has a vocabulary of "
              + model.info().config().vocabSize()
              + " tokens, the reference "
              + reference.info().source()
              + " one of "
              + vocabSize
              + "; only models with the same tokens can be compared");
    }
    WindowedText text = WindowedText.of(reference, utf8, windows);
    WindowedText.requireFit(model, windows);
    try (Session expected = reference.newSession();
        Session actual = model.newSession()) {
      Run run = new Run(expected, actual, vocabSize);
      for (WindowedText.Window window : text) {
        run.add(window);
      }
      return run.divergence(text.tokens());
    }
  }

  /**
   * The divergence of one distribution from another.
   *
   * @param p logits of the reference {@code [vocabSize]}
   * @param logP what they mean
   * @param q logits of the model {@code [vocabSize]}
   * @param logQ what they mean
   * @return {@code sum_i p_i log(p_i / q_i)} in nats
   */
  static double klDivergence(float[] p, LogSoftmax logP, float[] q, LogSoftmax logQ) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      double log = logP.log(p[i]);
      double probability = Math.exp(log);
      if (probability != 0) { // The limit of x log x is 0.
        sum += probability * (log - logQ.log(q[i]));
      }
    }
    return Math.max(0, sum); // Rounding may lead below; NaN stays.
  }

  /** The highest logit, the lowest token on ties. */
  static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  /** Two models on their way through a text. */
  private static final class Run {
    private final Session reference;
    private final Session model;
    private final float[][] expected;
    private final DoubleStream.Builder divergences = DoubleStream.builder();
    private double referenceNll;
    private double modelNll;
    private int agreements;
    private int predicted;

    Run(Session reference, Session model, int vocabSize) {
      this.reference = reference;
      this.model = model;
      this.expected = new float[PASS][vocabSize];
    }

    void add(WindowedText.Window window) {
      int[] inputs = window.inputs();
      for (int from = 0; from < inputs.length; from += PASS) {
        int start = from;
        int[] pass = Arrays.copyOfRange(inputs, from, Math.min(from + PASS, inputs.length));
        reference.logits(
            pass,
            (position, logits) ->
                System.arraycopy(logits, 0, expected[position - start], 0, logits.length));
        model.logits(
            pass,
            (position, logits) -> {
              int next = position + 1;
              if (next >= window.firstScored()) {
                score(expected[position - start], logits, window.tokens()[next]);
              }
            });
      }
      reference.truncate(0);
      model.truncate(0);
    }

    private void score(float[] p, float[] q, int token) {
      LogSoftmax logP = LogSoftmax.of(p);
      LogSoftmax logQ = LogSoftmax.of(q);
      referenceNll += logP.negativeLogLikelihood(p[token]);
      modelNll += logQ.negativeLogLikelihood(q[token]);
      divergences.add(klDivergence(p, logP, q, logQ));
      if (argmax(p) == argmax(q)) {
        agreements++;
      }
      predicted++;
    }

    Divergence divergence(int tokens) {
      return new Divergence(
          new Evaluation(tokens, predicted, referenceNll / predicted),
          new Evaluation(tokens, predicted, modelNll / predicted),
          Spread.of(divergences.build().toArray()),
          (double) agreements / predicted);
    }
  }
}
