package io.tmac.quant.calibrate;

import io.tmac.Activations;
import io.tmac.ModelConfig;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Kernels;
import io.tmac.kernel.Linear;
import io.tmac.kernel.WorkerPool;
import io.tmac.model.LayerRunner;
import io.tmac.model.RmsNorm;
import io.tmac.model.Transformer;
import io.tmac.model.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Rounds the matrices of a model one after the other, in the order in which data flows through
 * them, so that each makes up for what rounding did before it.
 *
 * <p>Two models run over the text side by side, layer by layer: the original and the rounded one.
 * From their residual streams h and h' come the problems of each layer, all of the form "outputs y
 * from inputs x' ":
 *
 * <pre>
 *   q, k, v, gate, up   x' = norm(h')                  y = W norm(h)
 *   wo                  x' = heads of the rounded      y = h after attention - h' before it
 *   down                x' = gated values, rounded     y = h after the layer - h' before down
 *   classifier          x' = norm(h') of the last      y = W norm(h)
 * </pre>
 *
 * <p>What writes to the residual stream thus also corrects the error that is in the stream already.
 * Each problem is pulled towards the original weights a little ({@link #DAMPING} times the mean
 * square of an input), so that few tokens and many columns do no harm.
 *
 * <p>An embedding that is also the classifier has two tasks: it is rounded for the classifier's
 * outputs and for its own values, in equal parts. For the first pass the classifier's inputs are
 * those of the original model; each further pass knows them from the pass before and rounds all
 * matrices again.
 */
final class Calibrator {
  /** Weight of the original weights in a problem, as a part of the mean square of its inputs. */
  private static final double DAMPING = 0.2;

  /** The same for an embedding that is the classifier too. */
  private static final double SHARED_DAMPING = 1;

  /** Tokens that are added to a problem at once. */
  private static final int CHUNK = Transformer.MAX_TOKENS;

  private static final long ALIGNMENT = 64;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final LayerRunner.Visitor NOBODY = (first, tokens, values) -> {};

  private final Checkpoint checkpoint;
  private final ModelConfig config;
  private final int[][] windows;
  private final Rounding rounding;
  private final WorkerPool pool;
  private final Consumer<String> progress;
  private final KernelProvider kernels = Kernels.provider();
  private final Weights original;
  private final Map<String, RoundedMatrix> rounded = new HashMap<>();

  /** The residual streams of each window {@code [tokens x dim]}, of both models. */
  private final float[][] h;

  private final float[][] hRounded;

  // Some tokens of a window, copied out of the streams.
  private final float[] row;
  private final float[] y;
  private final float[] x;

  /**
   * Rounds the matrices of a model.
   *
   * @param checkpoint the model
   * @param windows the tokens of each window of the text
   * @param rounding the grid
   * @param passes how often, at least 1; more than once pays for a shared classifier only
   * @param pool the threads
   * @param progress told the name of each matrix when it is done
   * @return codes and scales by tensor name
   * @throws io.tmac.TmacException if the model computes NaN or infinity on this text
   */
  static Map<String, RoundedMatrix> calibrate(
      Checkpoint checkpoint,
      int[][] windows,
      Rounding rounding,
      int passes,
      WorkerPool pool,
      Consumer<String> progress) {
    try (Arena arena = Arena.ofShared()) {
      return new Calibrator(checkpoint, windows, rounding, pool, progress, arena).run(passes);
    }
  }

  @SuppressWarnings("MustBeClosedChecker")
  private Calibrator(
      Checkpoint checkpoint,
      int[][] windows,
      Rounding rounding,
      WorkerPool pool,
      Consumer<String> progress,
      Arena arena) {
    this.checkpoint = checkpoint;
    this.config = checkpoint.config();
    this.windows = windows;
    this.rounding = rounding;
    this.pool = pool;
    this.progress = progress;
    this.original = Weights.of(checkpoint, checkpoint, kernels, Activations.F32, arena, pool);
    this.h = new float[windows.length][];
    this.hRounded = new float[windows.length][];
    this.row = new float[CHUNK * config.dim()];
    this.y = new float[CHUNK * config.dim()];
    this.x = new float[CHUNK * config.dim()];
  }

  private Map<String, RoundedMatrix> run(int passes) {
    boolean shared = checkpoint.classifierName().equals(Checkpoint.EMBEDDING);
    Problem classifier = shared ? originalClassifier() : null;
    for (int pass = 0; pass < (shared ? passes : 1); pass++) {
      embedding(classifier);
      for (int layer = 0; layer < config.layers(); layer++) {
        layer(layer);
      }
      classifier = normed(original.finalNorm(), shared ? SHARED_DAMPING : DAMPING);
    }
    if (!shared) {
      Matrix output = matrix(Checkpoint.OUTPUT);
      solve(output, classifier.factor(), classifier.products(output));
    }
    return rounded;
  }

  /** The classifier's inputs in the original model, for both models. */
  private Problem originalClassifier() {
    Matrix embedding = matrix(Checkpoint.EMBEDDING);
    embed(h, embedding::decodeRow);
    for (Weights.Layer layer : original.layers()) {
      LayerRunner runner = runner(layer);
      attention(runner, h);
      feedForward(runner, h);
    }
    System.arraycopy(h, 0, hRounded, 0, h.length);
    return normed(original.finalNorm(), SHARED_DAMPING);
  }

  /** Rounds the embedding and begins both streams. */
  private void embedding(Problem classifier) {
    Matrix embedding = matrix(Checkpoint.EMBEDDING);
    RoundedMatrix codes;
    if (classifier != null) {
      codes = solve(embedding, classifier.factor(), classifier.products(embedding));
    } else {
      Problem lookup = new Problem(1, config.dim(), DAMPING, pool);
      codes = solve(embedding, lookup.factor(), lookup.weights(embedding));
    }
    embed(h, embedding::decodeRow);
    embed(hRounded, codes::decodeRow);
  }

  private void layer(int layer) {
    Weights.Layer weights = original.layers().get(layer);
    LayerRunner originalRunner = runner(weights);
    String name = "layers." + layer + ".";
    try (Arena arena = Arena.ofShared()) {
      Problem qkvProblem = normed(weights.attentionNorm(), DAMPING);
      Linear[] qkv = solveProducts(qkvProblem, arena, name + "wq", name + "wk", name + "wv");
      attention(originalRunner, h);
      Problem woProblem = new Problem(config.dim(), config.queryDim(), DAMPING, pool);
      LayerRunner runner = runner(withAttention(weights, qkv, weights.wo()));
      for (int w = 0; w < windows.length; w++) {
        runner.attention(hRounded[w].clone(), windows[w].length, collector(woProblem, w));
      }
      Linear wo = solveOutputs(woProblem, arena, name + "wo");
      attention(runner(withAttention(weights, qkv, wo)), hRounded);

      Problem gateUpProblem = normed(weights.ffnNorm(), DAMPING);
      Linear[] gateUp = solveProducts(gateUpProblem, arena, name + "w1", name + "w3");
      feedForward(originalRunner, h);
      Problem downProblem = new Problem(config.dim(), config.hiddenDim(), DAMPING, pool);
      runner = runner(withFeedForward(weights, gateUp, weights.down()));
      for (int w = 0; w < windows.length; w++) {
        runner.feedForward(hRounded[w].clone(), windows[w].length, collector(downProblem, w));
      }
      Linear down = solveOutputs(downProblem, arena, name + "w2");
      feedForward(runner(withFeedForward(weights, gateUp, down)), hRounded);
    }
  }

  /** The problem of what reads the norms of both streams. */
  private Problem normed(float[] norm, double damping) {
    int dim = config.dim();
    Problem problem = new Problem(dim, dim, damping, pool);
    for (int w = 0; w < windows.length; w++) {
      for (int first = 0; first < windows[w].length; first += CHUNK) {
        int count = Math.min(CHUNK, windows[w].length - first);
        normalise(h[w], first, count, norm, y);
        normalise(hRounded[w], first, count, norm, x);
        problem.add(y, x, count);
      }
    }
    return problem;
  }

  private void normalise(float[] stream, int first, int count, float[] norm, float[] out) {
    int dim = config.dim();
    System.arraycopy(stream, first * dim, row, 0, count * dim);
    for (int t = 0; t < count; t++) {
      RmsNorm.apply(row, t * dim, norm, config.rmsNormEps(), out);
    }
  }

  /** Collects the problem of what writes to the residual stream. */
  private LayerRunner.Visitor collector(Problem problem, int window) {
    int dim = config.dim();
    return (first, tokens, values) -> {
      for (int i = 0; i < tokens * dim; i++) {
        y[i] = h[window][first * dim + i] - hRounded[window][first * dim + i];
      }
      problem.add(y, values, tokens);
    };
  }

  private Linear[] solveProducts(Problem problem, Arena arena, String... names) {
    Factor factor = problem.factor();
    Linear[] linears = new Linear[names.length];
    for (int i = 0; i < names.length; i++) {
      Matrix matrix = matrix(names[i]);
      linears[i] = linear(solve(matrix, factor, problem.products(matrix)), names[i], arena);
    }
    return linears;
  }

  private Linear solveOutputs(Problem problem, Arena arena, String name) {
    Matrix matrix = matrix(name);
    return linear(solve(matrix, problem.factor(), problem.outputs(matrix)), name, arena);
  }

  private RoundedMatrix solve(Matrix matrix, Factor factor, Rounding.Target target) {
    RoundedMatrix codes = rounding.round(matrix, factor, target, pool);
    rounded.put(matrix.name(), codes);
    progress.accept(matrix.name());
    return codes;
  }

  /** The rounded matrix as floats, which is what the engine then multiplies by. */
  private Linear linear(RoundedMatrix codes, String name, Arena arena) {
    long bytes = (long) codes.rows() * codes.cols() * Float.BYTES;
    MemorySegment data = arena.allocate(bytes, ALIGNMENT);
    float[] values = new float[codes.cols()];
    for (int r = 0; r < codes.rows(); r++) {
      codes.decodeRow(r, values);
      long offset = (long) r * codes.cols() * Float.BYTES;
      MemorySegment.copy(values, 0, data, FLOAT, offset, codes.cols());
    }
    Matrix matrix = new Matrix(name, codes.rows(), codes.cols(), new F32(), data, 0);
    return kernels.linear(matrix, Activations.F32, arena, pool);
  }

  private void embed(float[][] streams, BiConsumer<Integer, float[]> embedding) {
    int dim = config.dim();
    float[] values = new float[dim];
    for (int w = 0; w < windows.length; w++) {
      streams[w] = new float[Math.multiplyExact(windows[w].length, dim)];
      for (int t = 0; t < windows[w].length; t++) {
        embedding.accept(windows[w][t], values);
        System.arraycopy(values, 0, streams[w], t * dim, dim);
      }
    }
  }

  private void attention(LayerRunner runner, float[][] streams) {
    for (int w = 0; w < windows.length; w++) {
      runner.attention(streams[w], windows[w].length, NOBODY);
    }
  }

  private void feedForward(LayerRunner runner, float[][] streams) {
    for (int w = 0; w < windows.length; w++) {
      runner.feedForward(streams[w], windows[w].length, NOBODY);
    }
  }

  private LayerRunner runner(Weights.Layer layer) {
    return new LayerRunner(config, layer, kernels, pool);
  }

  private static Weights.Layer withAttention(Weights.Layer w, Linear[] qkv, Linear wo) {
    return new Weights.Layer(
        w.attentionNorm(), qkv[0], qkv[1], qkv[2], wo, w.ffnNorm(), w.gate(), w.up(), w.down());
  }

  private static Weights.Layer withFeedForward(Weights.Layer w, Linear[] gateUp, Linear down) {
    return new Weights.Layer(
        w.attentionNorm(), w.wq(), w.wk(), w.wv(), w.wo(), w.ffnNorm(), gateUp[0], gateUp[1], down);
  }

  private Matrix matrix(String name) {
    return checkpoint.tensors().get(name);
  }
}
