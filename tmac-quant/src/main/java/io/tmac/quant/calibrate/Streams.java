package io.tmac.quant.calibrate;

import io.tmac.ModelConfig;
import io.tmac.model.LayerRunner;
import io.tmac.model.Pass;
import io.tmac.model.RmsNorm;

/** The residual streams of a model, one for each window of a text, on their way up the layers. */
final class Streams {
  /** Tokens that a probe sees at once, at most. */
  static final int CHUNK = Pass.MAX_TOKENS;

  /** Sees values of some tokens of a window. */
  interface Probe {
    /**
     * Takes values.
     *
     * @param window index of the window
     * @param first index of the first token in its window
     * @param tokens number of tokens
     * @param values {@code [tokens x cols]}, maybe longer; valid during this call only
     */
    void see(int window, int first, int tokens, float[] values);
  }

  /** Reads the rows of an embedding. */
  interface Embedding {
    void row(int token, float[] out);
  }

  static final Probe NONE = (window, first, tokens, values) -> {};

  private final ModelConfig config;
  private final int[][] windows;
  private final float[][] h;
  private final float[] normed;

  Streams(ModelConfig config, int[][] windows) {
    this.config = config;
    this.windows = windows;
    this.h = new float[windows.length][];
    this.normed = new float[CHUNK * config.dim()];
  }

  /** Returns the stream of a window, {@code [tokens x dim]}. */
  float[] stream(int window) {
    return h[window];
  }

  /** Begins all streams anew. */
  void embed(Embedding embedding) {
    int dim = config.dim();
    float[] row = new float[dim];
    for (int w = 0; w < windows.length; w++) {
      h[w] = new float[Math.multiplyExact(windows[w].length, dim)];
      for (int t = 0; t < windows[w].length; t++) {
        embedding.row(windows[w][t], row);
        System.arraycopy(row, 0, h[w], t * dim, dim);
      }
    }
  }

  /** Adds the output of attention; the probe sees the inputs of wo. */
  void attention(LayerRunner layer, Probe attended) {
    for (int w = 0; w < windows.length; w++) {
      layer.attention(h[w], windows[w].length, visitor(w, attended));
    }
  }

  /** Adds the output of the feed-forward layer; the probe sees the inputs of down. */
  void feedForward(LayerRunner layer, Probe gated) {
    for (int w = 0; w < windows.length; w++) {
      layer.feedForward(h[w], windows[w].length, visitor(w, gated));
    }
  }

  /** Shows the inputs of wo and leaves the streams as they are. */
  void tryAttention(LayerRunner layer, Probe attended) {
    for (int w = 0; w < windows.length; w++) {
      layer.attention(h[w].clone(), windows[w].length, visitor(w, attended));
    }
  }

  /** Shows the inputs of down and leaves the streams as they are. */
  void tryFeedForward(LayerRunner layer, Probe gated) {
    for (int w = 0; w < windows.length; w++) {
      layer.feedForward(h[w].clone(), windows[w].length, visitor(w, gated));
    }
  }

  /** Shows the normalised streams. */
  void norm(float[] weight, Probe probe) {
    for (int w = 0; w < windows.length; w++) {
      for (int first = 0; first < windows[w].length; first += CHUNK) {
        int tokens = Math.min(CHUNK, windows[w].length - first);
        norm(weight, w, first, tokens, normed);
        probe.see(w, first, tokens, normed);
      }
    }
  }

  /**
   * Normalises some tokens.
   *
   * @param weight scales {@code [dim]}
   * @param window index of the window
   * @param first first token
   * @param tokens number of tokens
   * @param out receives {@code [tokens x dim]}
   */
  void norm(float[] weight, int window, int first, int tokens, float[] out) {
    int dim = config.dim();
    System.arraycopy(h[window], first * dim, out, 0, tokens * dim);
    for (int t = 0; t < tokens; t++) {
      RmsNorm.apply(out, t * dim, weight, config.rmsNormEps(), out);
    }
  }

  /** The squared distance from other streams, relative to the squares of those. */
  double error(Streams reference) {
    double error = 0;
    double square = 0;
    for (int w = 0; w < h.length; w++) {
      for (int i = 0; i < h[w].length; i++) {
        double wanted = reference.h[w][i];
        error += (h[w][i] - wanted) * (h[w][i] - wanted);
        square += wanted * wanted;
      }
    }
    return error / square;
  }

  private static LayerRunner.Visitor visitor(int window, Probe probe) {
    return (first, tokens, values) -> probe.see(window, first, tokens, values);
  }
}
