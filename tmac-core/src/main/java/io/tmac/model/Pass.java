package io.tmac.model;

import io.tmac.ModelConfig;
import io.tmac.kernel.Input;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Matmul;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.util.Arrays;

/**
 * A forward pass: which tokens it computes, and the buffers that they need on their way through the
 * layers. Its tokens come in segments, each some next tokens of one sequence. To the matrices they
 * are one batch; positions, keys and values, and attention are those of each segment's sequence.
 * What a pass computes for a segment does not depend on the others, to the bit.
 *
 * <pre>{@code
 * pass.clear();
 * int row = pass.add(sequence, tokens, from, count, Logits.LAST);
 * float[] logits = transformer.run(pass); // of that segment from row * vocabSize on
 * }</pre>
 *
 * <p>Used by one thread at a time. Buffers grow to the largest number of tokens that one pass has
 * taken.
 */
public final class Pass {
  /**
   * Tokens that one pass takes at most. Weights are decoded once per pass; with 128 tokens prompts
   * run a quarter faster than with 32, and buffers are still small beside a cache of as many.
   */
  public static final int MAX_TOKENS = 128;

  private static final int FIRST_SEGMENTS = 4;

  /** Which tokens of a segment get logits. */
  public enum Logits {
    /** None: the tokens only fill the cache. */
    NONE,
    /** The last one. */
    LAST,
    /** All. */
    ALL
  }

  final Matmul matmul;
  final AttentionHeads heads;
  final TokenSteps steps;
  final Scratch[] scratch;

  /** Normalised input of q, k and v, of gate and up, and of the classifier. */
  final Input normed;

  /** Output of attention, input of wo. */
  final Input attended;

  /** Gated values, input of down. */
  final Input gated;

  /** The residual stream {@code [tokens x dim]}. */
  float[] x = {};

  /** Queries {@code [tokens x heads * headDim]}. */
  float[] q = {};

  /** Keys {@code [tokens x kvHeads * headDim]}. */
  float[] k = {};

  /** Values {@code [tokens x kvHeads * headDim]}. */
  float[] v = {};

  /** Values before they are gated {@code [tokens x hiddenDim]}. */
  float[] up = {};

  /** What a layer adds to the residual stream {@code [tokens x dim]}. */
  float[] delta = {};

  /** Cosines and sines {@code [tokens x headDim]}. */
  float[] angles = {};

  // The outputs of each group of matrices, as the driver takes them.
  final float[][] qkvOut = new float[3][];
  final float[][] deltaOut = new float[1][];
  final float[][] gateUpOut = new float[2][];
  private final float[][] logitsOut = new float[1][];

  private final ModelConfig config;

  /** The tokens of all segments. */
  final int[] ids = new int[MAX_TOKENS];

  /** The tokens that get logits, in ascending order. */
  final int[] chosen = new int[MAX_TOKENS];

  private Sequence[] sequences = new Sequence[FIRST_SEGMENTS];

  /** Segment i has the tokens from {@code firsts[i]} to {@code firsts[i + 1]}. */
  private int[] firsts = new int[FIRST_SEGMENTS + 1];

  private int segments;
  private int chosenCount;
  private final float[] logits;
  private float[] manyLogits = {};
  private int capacity;

  Pass(ModelConfig config, KernelProvider kernels, WorkerPool pool, Rope rope) {
    this.config = config;
    this.logits = new float[config.vocabSize()];
    int maxCols = Math.max(Math.max(config.dim(), config.hiddenDim()), config.queryDim());
    this.scratch = new Scratch[pool.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new Scratch(maxCols);
    }
    this.matmul = new Matmul(kernels, pool, scratch);
    this.heads = new AttentionHeads(config, kernels, pool, this);
    this.steps = new TokenSteps(config, kernels, pool, rope, this);
    float leastMax = config.int8Inputs() ? Int8Rounding.LEAST_MAX : 0;
    this.normed = new Input(config.dim(), leastMax);
    this.attended = new Input(config.queryDim(), leastMax);
    this.gated = new Input(config.hiddenDim(), leastMax);
  }

  /** Forgets all segments. */
  public void clear() {
    Arrays.fill(sequences, 0, segments, null);
    segments = 0;
    chosenCount = 0;
  }

  /** Returns the number of tokens in all segments. */
  public int tokens() {
    return firsts[segments];
  }

  /**
   * Adds a segment: tokens that the pass will append to a sequence.
   *
   * @param sequence the sequence; a pass has one segment of it at most
   * @param tokens holds the tokens, each from 0 to {@code vocabSize - 1}
   * @param from index of the first
   * @param count how many, at least 1; all segments have {@link #MAX_TOKENS} at most
   * @param wanted which of them get logits
   * @return the row of the first logits among those of the pass; no meaning for none
   */
  public int add(Sequence sequence, int[] tokens, int from, int count, Logits wanted) {
    int first = tokens();
    if (count < 1 || count > MAX_TOKENS - first) {
      throw new IllegalArgumentException(
          "a segment behind " + first + " tokens has 1 to " + (MAX_TOKENS - first) + ": " + count);
    }
    for (int i = 0; i < segments; i++) {
      if (sequences[i] == sequence) {
        throw new IllegalArgumentException("the sequence has a segment in this pass already");
      }
    }
    sequence.reserve(count);
    if (segments == sequences.length) {
      sequences = Arrays.copyOf(sequences, 2 * segments);
      firsts = Arrays.copyOf(firsts, 2 * segments + 1);
    }
    System.arraycopy(tokens, from, ids, first, count);
    sequences[segments] = sequence;
    firsts[++segments] = first + count;
    int row = chosenCount;
    int skipped =
        switch (wanted) {
          case NONE -> count;
          case LAST -> count - 1;
          case ALL -> 0;
        };
    for (int t = first + skipped; t < first + count; t++) {
      chosen[chosenCount++] = t;
    }
    return row;
  }

  int segments() {
    return segments;
  }

  /** The first token of a segment; with the number of segments, the token behind the last. */
  int first(int segment) {
    return firsts[segment];
  }

  int count(int segment) {
    return firsts[segment + 1] - firsts[segment];
  }

  Sequence sequence(int segment) {
    return sequences[segment];
  }

  /** Number of tokens that get logits. */
  int chosenCount() {
    return chosenCount;
  }

  /** Where the logits of a pass go: {@code [rows x vocabSize]}, exactly so long for one row. */
  float[][] logitsOut() {
    if (chosenCount == 1) {
      logitsOut[0] = logits;
      return logitsOut;
    }
    if (manyLogits.length < chosenCount * config.vocabSize()) {
      manyLogits = new float[Math.multiplyExact(chosenCount, config.vocabSize())];
    }
    logitsOut[0] = manyLogits;
    return logitsOut;
  }

  /** Makes room for all tokens. */
  void reserve() {
    int tokens = tokens();
    if (tokens <= capacity) {
      return;
    }
    normed.reserve(tokens);
    attended.reserve(tokens);
    gated.reserve(tokens);
    x = new float[tokens * config.dim()];
    q = new float[tokens * config.queryDim()];
    k = new float[tokens * config.kvDim()];
    v = new float[tokens * config.kvDim()];
    up = new float[tokens * config.hiddenDim()];
    delta = new float[tokens * config.dim()];
    angles = new float[tokens * config.headDim()];
    qkvOut[0] = q;
    qkvOut[1] = k;
    qkvOut[2] = v;
    deltaOut[0] = delta;
    gateUpOut[0] = gated.x;
    gateUpOut[1] = up;
    capacity = tokens; // Last: if memory ran out above, the next call tries again.
  }

  /** Computes the rotary angles of all tokens. */
  void turn(Rope rope) {
    for (int segment = 0; segment < segments; segment++) {
      int first = firsts[segment];
      int length = sequences[segment].length();
      for (int t = first; t < firsts[segment + 1]; t++) {
        rope.angles(length + t - first, angles, t * config.headDim());
      }
    }
  }

  /** Appends the tokens to their sequences: all layers have stored their keys and values. */
  void advance() {
    for (int segment = 0; segment < segments; segment++) {
      sequences[segment].append(ids, firsts[segment], count(segment));
    }
  }
}
