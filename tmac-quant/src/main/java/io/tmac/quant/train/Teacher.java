package io.tmac.quant.train;

/**
 * Another model of the same vocabulary whose predictions are learned from, besides the texts
 * (Hinton et al. 2015). For one thread.
 */
final class Teacher {
  private final Network network;
  private final Head head;
  private final float[] weights;
  private final int vocab;
  private final float share;
  private float[] probabilities = {};
  private final float[] logits;
  private final float[] stats = new float[2];
  private float[] last;
  private double entropy;

  /**
   * Creates a teacher.
   *
   * @param share how much of the loss is about it, from 0 to 1
   */
  Teacher(Layout layout, float[] weights, int texts, int length, float share) {
    network = new Network(layout, texts, length);
    head = new Head(layout, new FloatGemm());
    this.weights = weights;
    vocab = layout.config().vocabSize();
    this.share = share;
    logits = new float[vocab];
  }

  float share() {
    return share;
  }

  /** Reads texts, whose predictions can be asked for then. */
  void read(int[] tokens) {
    last = network.forward(weights, tokens);
    entropy = 0;
  }

  /** Predictions {@code [rows x vocabSize]} after tokens that were read, good until the next. */
  float[] probabilities(int from, int rows) {
    if (probabilities.length < rows * vocab) {
      probabilities = new float[rows * vocab];
    }
    head.logits(weights, last, from, rows, probabilities);
    for (int row = 0; row < rows; row++) {
      int at = row * vocab;
      System.arraycopy(probabilities, at, logits, 0, vocab);
      Softmax.softmax(probabilities, at, vocab, 1, stats, 0);
      double logSum = stats[0] + Math.log(stats[1]);
      entropy += logSum - FloatMath.dot(probabilities, at, logits, 0, vocab);
    }
    return probabilities;
  }

  /** The sum of the entropies of what was asked for since {@link #read}, in nats. */
  double entropy() {
    return entropy;
  }
}
