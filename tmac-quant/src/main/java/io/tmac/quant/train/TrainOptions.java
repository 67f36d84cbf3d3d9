package io.tmac.quant.train;

import io.tmac.kernel.Cores;
import java.util.Objects;

/**
 * How a model is trained. Results depend on everything here but {@code threads}, {@code saveEvery}
 * and {@code evaluateEvery}.
 *
 * @param weights what the matrices become
 * @param steps changes of the weights
 * @param batch texts per step
 * @param length tokens of each text, at most the model's context
 * @param microBatch texts that go through the layers together; divides {@code batch}. Memory grows
 *     with it, and speed up to some thousand tokens
 * @param lanes parts of a batch whose gradients are summed apart, so that threads may work on them
 *     at the same time; each needs memory for the gradients of all weights and a micro-batch
 * @param learningRate the highest, after the warm-up
 * @param finalRate what the learning rate falls towards, as a share of the highest
 * @param warmup steps in which the learning rate rises
 * @param decay weight decay of the matrices
 * @param beta1 AdamW's share of the old mean
 * @param beta2 AdamW's share of the old mean square
 * @param clip the largest norm of the gradient; longer ones are shortened to it
 * @param teacherShare how much of the loss is about the teacher's predictions, if there is one:
 *     from 0 to 1
 * @param seed decides the first weights of a new model, and which texts each step sees
 * @param evaluateEvery steps between two evaluations on validation tokens
 * @param saveEvery steps between two saves of the state
 * @param threads compute threads, the caller included; no more than {@code lanes} are of use
 */
public record TrainOptions(
    WeightKind weights,
    int steps,
    int batch,
    int length,
    int microBatch,
    int lanes,
    float learningRate,
    float finalRate,
    int warmup,
    float decay,
    float beta1,
    float beta2,
    float clip,
    float teacherShare,
    long seed,
    int evaluateEvery,
    int saveEvery,
    int threads) {

  /** Ternary weights, 1,000 steps of 16 texts of 256 tokens. */
  public static final TrainOptions DEFAULT =
      new TrainOptions(
          WeightKind.TERNARY_V2,
          1000,
          16,
          256,
          4,
          4,
          1e-3f,
          0.1f,
          100,
          0.1f,
          0.9f,
          0.95f,
          1,
          0.9f,
          1,
          100,
          100,
          Cores.usable());

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is impossible; the message names it
   */
  public TrainOptions {
    Objects.requireNonNull(weights, "weights");
    atLeast("steps", steps, 1);
    atLeast("batch", batch, 1);
    atLeast("length", length, 2);
    atLeast("microBatch", microBatch, 1);
    atLeast("lanes", lanes, 1);
    atLeast("warmup", warmup, 0);
    atLeast("evaluateEvery", evaluateEvery, 1);
    atLeast("saveEvery", saveEvery, 1);
    atLeast("threads", threads, 1);
    if (batch % microBatch != 0) {
      throw new IllegalArgumentException(
          "batch (" + batch + ") must be a multiple of microBatch (" + microBatch + ")");
    }
    if (lanes > batch / microBatch) {
      throw new IllegalArgumentException(
          "lanes ("
              + lanes
              + ") must be at most batch / microBatch, which is "
              + batch / microBatch);
    }
    between("learningRate", learningRate, 0, 1);
    between("finalRate", finalRate, 0, 1);
    between("decay", decay, 0, 10);
    between("beta1", beta1, 0, 0.99999f);
    between("beta2", beta2, 0, 0.99999f);
    between("teacherShare", teacherShare, 0, 1);
    if (!(clip > 0)) {
      throw new IllegalArgumentException("clip must be above 0: " + clip);
    }
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
    }
  }

  private static void between(String name, float value, float least, float most) {
    if (!(value >= least && value <= most)) {
      throw new IllegalArgumentException(
          name + " must be from " + least + " to " + most + ": " + value);
    }
  }

  /** The same run, as its result sees it: {@code threads} and when to look and save are all 1. */
  TrainOptions withoutWhatResultsDoNotDependOn() {
    return new TrainOptions(
        weights,
        steps,
        batch,
        length,
        microBatch,
        lanes,
        learningRate,
        finalRate,
        warmup,
        decay,
        beta1,
        beta2,
        clip,
        teacherShare,
        seed,
        1,
        1,
        1);
  }

  /**
   * The learning rate: a line up, then half a cosine down (Loshchilov and Hutter 2017).
   *
   * @param step 0 for the first
   * @return the rate
   */
  public float rate(int step) {
    if (step < warmup) {
      return learningRate * (step + 1) / (warmup + 1);
    }
    double done = (double) (step - warmup) / Math.max(1, steps - warmup);
    double cosine = (1 + Math.cos(Math.PI * Math.min(1, done))) / 2;
    return (float) (learningRate * (finalRate + (1 - finalRate) * cosine));
  }
}
