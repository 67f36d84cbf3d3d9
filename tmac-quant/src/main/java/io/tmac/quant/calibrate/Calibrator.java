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
import io.tmac.model.Weights;
import io.tmac.quant.encode.Progress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * Rounds the matrices of a model one after the other, in the order in which data flows through
 * them, so that each makes up for what rounding did before it.
 *
 * <p>Two models run over the text side by side, layer by layer: the original and the rounded one.
 * From their residual streams h and h' come the problems of each layer, all of the form "outputs y
 * from inputs x":
 *
 * <pre>
 *   q, k, v, gate, up   x = norm(h')                       y = W norm(h)
 *   wo                  x = outputs of the rounded heads   y = h after attention - h' before it
 *   down                x = rounded gated values           y = h after the layer - h' before down
 *   classifier          x = norm(h') of the last layer     y = W norm(h)
 * </pre>
 *
 * <p>What writes to the residual stream thus also corrects the error that is in the stream already.
 * Each problem is pulled towards the original weights a little ({@link #DAMPING} times the mean
 * square of an input), so that few tokens and many columns do no harm.
 *
 * <p>Biases and the norms of heads are behind the products W x of their matrices and take no part;
 * the norm of a sub-layer is in the x of the matrix behind it. Matrices that are not rounded stay
 * what they are in both models.
 *
 * <p>An embedding that is also the classifier has two tasks: it is rounded for the classifier's
 * outputs and for its own values, in equal parts. For the first pass the classifier's inputs are
 * those of the original model; each further pass knows them from the pass before, and rounds all
 * matrices again.
 */
final class Calibrator {
  /** Weight of the original weights in a problem, as a part of the mean square of its inputs. */
  private static final double DAMPING = 0.2;

  /** The same for an embedding that is the classifier too. */
  private static final double SHARED_DAMPING = 1;

  private static final long ALIGNMENT = 64;
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Checkpoint checkpoint;
  private final ModelConfig config;
  private final Roundings roundings;
  private final WorkerPool pool;
  private final Progress progress;
  private final KernelProvider kernels = Kernels.provider();
  private final Weights weights;
  private final Streams original;
  private final Streams rounded;
  private final Map<String, RoundedMatrix> matrices = new HashMap<>();
  private final double[] errors;
  private final float[] wanted;

  private Calibrator(
      Checkpoint checkpoint,
      int[][] windows,
      Roundings roundings,
      WorkerPool pool,
      Progress progress,
      Arena arena) {
    this.checkpoint = checkpoint;
    this.config = checkpoint.config();
    this.roundings = roundings;
    this.pool = pool;
    this.progress = progress;
    this.weights = Weights.of(checkpoint, checkpoint, kernels, Activations.F32, arena, pool);
    this.original = new Streams(config, windows);
    this.rounded = new Streams(config, windows);
    this.errors = new double[config.layers()];
    this.wanted = new float[Streams.CHUNK * config.dim()];
  }

  /**
   * What was found.
   *
   * @param matrices codes and scales by tensor name
   * @param errors of each layer: the squared error of the residual stream behind it, relative to
   *     its square, on the calibration text
   */
  record Result(Map<String, RoundedMatrix> matrices, double[] errors) {}

  /**
   * Rounds the matrices of a model.
   *
   * @param checkpoint the model
   * @param windows the tokens of each window of the text
   * @param roundings the grids
   * @param passes how often, at least 1; more than once pays for a shared classifier only
   * @param pool the threads
   * @param progress told of each matrix when it is done
   * @return the codes and scales
   * @throws io.tmac.TmacException if the model computes NaN or infinity on this text
   */
  static Result calibrate(
      Checkpoint checkpoint,
      int[][] windows,
      Roundings roundings,
      int passes,
      WorkerPool pool,
      Progress progress) {
    try (Arena arena = Arena.ofShared()) {
      Calibrator calibrator = new Calibrator(checkpoint, windows, roundings, pool, progress, arena);
      calibrator.run(passes);
      return new Result(calibrator.matrices, calibrator.errors);
    }
  }

  /** Whether more than one pass makes a difference. */
  static boolean sharesClassifier(Checkpoint checkpoint) {
    return checkpoint.classifierName().equals(Checkpoint.EMBEDDING);
  }

  private void run(int passes) {
    Matrix embedding = matrix(Checkpoint.EMBEDDING);
    boolean isRounded = roundings.of(Checkpoint.EMBEDDING).isPresent();
    if (isRounded && sharesClassifier(checkpoint)) {
      Problem classifier = originalClassifier();
      for (int pass = 0; pass < passes; pass++) {
        solve(embedding, classifier.factor(), classifier.products(embedding));
        pass();
        if (pass < passes - 1) {
          classifier = normed(weights.finalNorm(), SHARED_DAMPING);
        }
      }
      return;
    }
    if (isRounded) {
      Problem lookup = new Problem(1, config.dim(), DAMPING, pool);
      solve(embedding, lookup.factor(), lookup.weights(embedding));
    }
    pass();
    if (!sharesClassifier(checkpoint) && roundings.of(Checkpoint.OUTPUT).isPresent()) {
      Matrix output = matrix(Checkpoint.OUTPUT);
      Problem classifier = normed(weights.finalNorm(), DAMPING);
      solve(output, classifier.factor(), classifier.products(output));
    }
  }

  /** The classifier's problem, if its inputs were those of the original model. */
  private Problem originalClassifier() {
    original.embed(matrix(Checkpoint.EMBEDDING)::decodeRow);
    for (Weights.Layer layer : weights.layers()) {
      LayerRunner runner = runner(layer);
      original.attention(runner, Streams.NONE);
      original.feedForward(runner, Streams.NONE);
    }
    Problem problem = new Problem(config.dim(), config.dim(), SHARED_DAMPING, pool);
    original.norm(weights.finalNorm(), (w, first, tokens, x) -> problem.add(x, x, tokens));
    return problem;
  }

  /** Rounds all layers, behind the embedding as it is rounded by then. */
  private void pass() {
    RoundedMatrix embedding = matrices.get(Checkpoint.EMBEDDING);
    original.embed(matrix(Checkpoint.EMBEDDING)::decodeRow);
    rounded.embed(
        embedding != null ? embedding::decodeRow : matrix(Checkpoint.EMBEDDING)::decodeRow);
    for (int layer = 0; layer < config.layers(); layer++) {
      try (Arena arena = Arena.ofShared()) {
        LayerRunner runner = runner(weights.layers().get(layer));
        attention(layer, runner, arena);
        feedForward(layer, runner, arena);
      }
      errors[layer] = rounded.error(original);
    }
  }

  private void attention(int layer, LayerRunner originalLayer, Arena arena) {
    Weights.Layer w = weights.layers().get(layer);
    String name = "layers." + layer + ".";
    Problem inputs = normed(w.attentionNorm(), DAMPING);
    Linear[] qkv = {w.wq(), w.wk(), w.wv()};
    solveProducts(inputs, arena, qkv, name + "wq", name + "wk", name + "wv");
    original.attention(originalLayer, Streams.NONE);
    Problem outputs = new Problem(config.dim(), config.queryDim(), DAMPING, pool);
    rounded.tryAttention(runner(withAttention(w, qkv, w.wo())), collector(outputs));
    Linear wo = solveOutputs(outputs, arena, w.wo(), name + "wo");
    rounded.attention(runner(withAttention(w, qkv, wo)), Streams.NONE);
  }

  private void feedForward(int layer, LayerRunner originalLayer, Arena arena) {
    Weights.Layer w = weights.layers().get(layer);
    String name = "layers." + layer + ".";
    Problem inputs = normed(w.ffnNorm(), DAMPING);
    Linear[] gateUp = {w.gate(), w.up()};
    solveProducts(inputs, arena, gateUp, name + "w1", name + "w3");
    original.feedForward(originalLayer, Streams.NONE);
    Problem outputs = new Problem(config.dim(), config.hiddenDim(), DAMPING, pool);
    rounded.tryFeedForward(runner(withFeedForward(w, gateUp, w.down())), collector(outputs));
    Linear down = solveOutputs(outputs, arena, w.down(), name + "w2");
    rounded.feedForward(runner(withFeedForward(w, gateUp, down)), Streams.NONE);
  }

  /** The problem of what reads the norms of both streams. */
  private Problem normed(float[] norm, double damping) {
    Problem problem = new Problem(config.dim(), config.dim(), damping, pool);
    rounded.norm(
        norm,
        (window, first, tokens, x) -> {
          original.norm(norm, window, first, tokens, wanted);
          problem.add(wanted, x, tokens);
        });
    return problem;
  }

  /** Collects the problem of what writes to the residual stream. */
  private Streams.Probe collector(Problem problem) {
    int dim = config.dim();
    return (window, first, tokens, x) -> {
      float[] to = original.stream(window);
      float[] from = rounded.stream(window);
      for (int i = 0; i < tokens * dim; i++) {
        wanted[i] = to[first * dim + i] - from[first * dim + i];
      }
      problem.add(wanted, x, tokens);
    };
  }

  /** Puts rounded matrices in the place of those that are rounded. */
  private void solveProducts(Problem problem, Arena arena, Linear[] linears, String... names) {
    Factor factor = problem.factor();
    for (int i = 0; i < names.length; i++) {
      if (roundings.of(names[i]).isPresent()) {
        Matrix matrix = matrix(names[i]);
        linears[i] = linear(solve(matrix, factor, problem.products(matrix)), names[i], arena);
      }
    }
  }

  private Linear solveOutputs(Problem problem, Arena arena, Linear original, String name) {
    if (roundings.of(name).isEmpty()) {
      return original;
    }
    Matrix matrix = matrix(name);
    return linear(solve(matrix, problem.factor(), problem.outputs(matrix)), name, arena);
  }

  private RoundedMatrix solve(Matrix matrix, Factor factor, Rounding.Target target) {
    Rounding rounding = roundings.of(matrix.name()).orElseThrow();
    RoundedMatrix codes = rounding.round(matrix, factor, target, pool);
    matrices.put(matrix.name(), codes);
    progress.add(matrix.name(), (long) matrix.rows() * matrix.cols());
    return codes;
  }

  /** A rounded matrix as floats, which is what the engine then multiplies by. */
  private Linear linear(RoundedMatrix codes, String name, Arena arena) {
    long rowBytes = (long) codes.cols() * Float.BYTES;
    MemorySegment data = arena.allocate(codes.rows() * rowBytes, ALIGNMENT);
    float[] values = new float[codes.cols()];
    for (int r = 0; r < codes.rows(); r++) {
      codes.decodeRow(r, values);
      MemorySegment.copy(values, 0, data, FLOAT, r * rowBytes, codes.cols());
    }
    Matrix matrix = new Matrix(name, codes.rows(), codes.cols(), new F32(), data, 0);
    return kernels.linear(matrix, Activations.F32, arena, pool);
  }

  private LayerRunner runner(Weights.Layer layer) {
    return new LayerRunner(config, layer, kernels, pool);
  }

  private Matrix matrix(String name) {
    return checkpoint.tensor(name);
  }

  private static Weights.Layer withAttention(Weights.Layer w, Linear[] qkv, Linear wo) {
    return new Weights.Layer(
        w.attentionNorm(),
        qkv[0],
        qkv[1],
        qkv[2],
        wo,
        w.ffnNorm(),
        w.gate(),
        w.up(),
        w.down(),
        w.extras());
  }

  private static Weights.Layer withFeedForward(Weights.Layer w, Linear[] gateUp, Linear down) {
    return new Weights.Layer(
        w.attentionNorm(),
        w.wq(),
        w.wk(),
        w.wv(),
        w.wo(),
        w.ffnNorm(),
        gateUp[0],
        gateUp[1],
        down,
        w.extras());
  }
}
