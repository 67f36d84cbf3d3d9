package io.tmac.quant.train;

/**
 * The classifier and the loss. Logits exist for a few rows at a time only. For one thread.
 *
 * <p>The loss of a token is {@code (1 - share) * CE(target) + share * KL(teacher || model)}; its
 * gradient by the logits is {@code p - (1 - share) * onehot - share * teacher} (Hinton et al. 2015,
 * at temperature 1).
 */
final class Head {
  private static final int ROWS = 128;

  private final int dim;
  private final int vocab;
  private final int classifier;
  private final Linear linear;
  private final FloatGemm gemm;
  private final float[] stats = new float[2];
  private final float[] logits;

  Head(Layout layout, FloatGemm gemm) {
    dim = layout.config().dim();
    vocab = layout.config().vocabSize();
    classifier = layout.classifier();
    this.gemm = gemm;
    linear = new Linear(gemm);
    logits = new float[Math.multiplyExact(ROWS, vocab)];
  }

  /** Writes the logits {@code [rows x vocabSize]} of rows from {@code from} on. */
  void logits(float[] w, float[] x, int from, int rows, float[] out) {
    gemm.multiply(
        rows, vocab, dim, x, from * dim, dim, 1, w, classifier, 1, dim, out, 0, vocab, false);
  }

  /** Makes probabilities of a row of logits; returns the logarithm of the sum of their powers. */
  private double softmax(int at) {
    Softmax.softmax(logits, at, vocab, 1, stats, 0);
    return stats[0] + Math.log(stats[1]);
  }

  /** Returns the sum of the negative log-likelihoods of the targets. */
  double loss(float[] w, float[] x, int[] targets) {
    double loss = 0;
    for (int from = 0; from < targets.length; from += ROWS) {
      int rows = Math.min(ROWS, targets.length - from);
      logits(w, x, from, rows, logits);
      for (int row = 0; row < rows; row++) {
        float target = logits[row * vocab + targets[from + row]];
        loss += softmax(row * vocab) - target;
      }
    }
    return loss;
  }

  /**
   * Adds the classifier's gradient.
   *
   * @param teacher has read the same tokens; or null
   * @param dx receives the gradient of {@code x}
   * @return the sum of the losses
   */
  double backward(
      float[] w,
      float[] x,
      int[] targets,
      Teacher teacher,
      float factor,
      float[] dx,
      float[] gradients) {
    double loss = 0;
    for (int from = 0; from < targets.length; from += ROWS) {
      int rows = Math.min(ROWS, targets.length - from);
      logits(w, x, from, rows, logits);
      float share = teacher == null ? 0 : teacher.share();
      float[] wanted = teacher == null ? null : teacher.probabilities(from, rows);
      for (int row = 0; row < rows; row++) {
        int at = row * vocab;
        float target = logits[at + targets[from + row]];
        double dot = wanted == null ? 0 : FloatMath.dot(wanted, at, logits, at, vocab);
        double logSum = softmax(at);
        loss += logSum - (1 - share) * target - share * dot;
        FloatMath.scale(logits, at, vocab, factor);
        logits[at + targets[from + row]] -= (1 - share) * factor;
        if (wanted != null) {
          FloatMath.axpy(-share * factor, wanted, at, logits, at, vocab);
        }
      }
      // dX = dLogits W, dW += dLogits^T X, for these rows.
      gemm.multiply(
          rows, dim, vocab, logits, 0, vocab, 1, w, classifier, dim, 1, dx, from * dim, dim, false);
      gemm.multiply(
          vocab,
          dim,
          rows,
          logits,
          0,
          1,
          vocab,
          x,
          from * dim,
          dim,
          1,
          gradients,
          classifier,
          dim,
          true);
    }
    if (teacher != null) {
      loss -= teacher.share() * teacher.entropy();
    }
    return loss;
  }
}
