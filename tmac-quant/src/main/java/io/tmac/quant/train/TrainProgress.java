package io.tmac.quant.train;

import java.util.OptionalDouble;

/**
 * What a step did.
 *
 * @param step how many have been done, from 1
 * @param steps how many there will be
 * @param loss mean loss of the step's tokens, in nats, before the weights changed
 * @param validationLoss mean negative log-likelihood of the validation tokens after the step, in
 *     nats; empty if this step was not evaluated
 * @param learningRate the rate of the step
 * @param gradientNorm the length of the gradient before it was shortened
 * @param tokensPerSecond since the run began or was continued, evaluations and saves left out
 */
public record TrainProgress(
    int step,
    int steps,
    double loss,
    OptionalDouble validationLoss,
    double learningRate,
    double gradientNorm,
    double tokensPerSecond) {

  /** Hears of each step. */
  @FunctionalInterface
  public interface Listener {

    /**
     * A step was done.
     *
     * @param progress what it did
     * @return whether to go on; if not, the state is saved and the run ends
     */
    boolean step(TrainProgress progress);
  }
}
