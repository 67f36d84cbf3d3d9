package io.tmac.quant.train;

import io.tmac.TmacException;
import io.tmac.quant.encode.Workers;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/** The steps of a run. */
final class TrainLoop {
  /** Floats that one thread changes at a time. */
  private static final int CHUNK = 1 << 16;

  /** Texts of an evaluation, at most: enough for two digits, and no more than some steps cost. */
  private static final int EVALUATED = 256;

  private static final float EPS = 1e-8f;

  private final TrainedModel model;
  private final TrainState state;
  private final TrainOptions options;
  private final Batches batches;
  private final TokenFile validation;
  private final Workers workers;
  private final AdamW optimizer;
  private final Lane[] lanes;
  private final float[] used;

  /** Saves the state. */
  @FunctionalInterface
  interface Saver {
    void save() throws IOException;
  }

  /** A part of a batch. Its texts are seen one micro-batch after the other. */
  private static final class Lane {
    final float[] gradients;
    Network network;
    Teacher teacher;
    double loss;

    Lane(int size) {
      gradients = new float[size];
    }
  }

  TrainLoop(
      TrainedModel model,
      TrainState state,
      TrainedModel teacher,
      TrainOptions options,
      Batches batches,
      TokenFile validation,
      Workers workers) {
    this.model = model;
    this.state = state;
    this.options = options;
    this.batches = batches;
    this.validation = validation;
    this.workers = workers;
    optimizer = new AdamW(options.beta1(), options.beta2(), EPS, options.decay());
    boolean rounds = options.weights() == WeightKind.TERNARY_V2;
    used = rounds ? new float[model.weights().length] : model.weights();
    lanes = new Lane[options.lanes()];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane(batches == null ? 0 : model.layout().size());
      lanes[i].network = new Network(model.layout(), options.microBatch(), options.length());
      if (teacher != null) {
        lanes[i].teacher =
            new Teacher(
                teacher.layout(),
                teacher.weights(),
                options.microBatch(),
                options.length(),
                options.teacherShare());
      }
    }
  }

  boolean run(TrainProgress.Listener listener, Saver saver) throws IOException {
    long nanos = 0;
    long tokens = 0;
    while (state.step < options.steps()) {
      long start = System.nanoTime();
      double loss = gradients();
      double norm = Math.sqrt(sumOfSquares());
      float factor = (float) Math.min(1, options.clip() / Math.max(norm, 1e-30));
      if (!Double.isFinite(norm) || !Double.isFinite(loss)) {
        throw new TmacException(
            "step "
                + (state.step + 1)
                + ": the loss is "
                + loss
                + " and the gradient's norm "
                + norm
                + "; a lower learning rate may help");
      }
      float rate = options.rate(state.step);
      update(rate, factor);
      state.step++;
      nanos += System.nanoTime() - start;
      tokens += (long) options.batch() * options.length();
      boolean last = state.step == options.steps();
      OptionalDouble validated =
          last || state.step % options.evaluateEvery() == 0 ? evaluate() : OptionalDouble.empty();
      boolean goOn =
          listener.step(
              new TrainProgress(
                  state.step,
                  options.steps(),
                  loss,
                  validated,
                  rate,
                  norm,
                  tokens / (nanos * 1e-9)));
      if (last || !goOn || state.step % options.saveEvery() == 0) {
        saver.save();
      }
      if (!goOn) {
        return last;
      }
    }
    return true;
  }

  /** Leaves the gradient of the mean loss in the first lane. */
  private double gradients() throws IOException {
    round();
    int micros = options.batch() / options.microBatch();
    float factor = 1f / ((long) options.batch() * options.length());
    int step = state.step;
    workers.run(
        lanes.length,
        i -> {
          Lane lane = lanes[i];
          Arrays.fill(lane.gradients, 0);
          lane.loss = 0;
          for (int micro = i; micro < micros; micro += lanes.length) {
            Batches.Batch batch =
                batches.of(step, micro * options.microBatch(), options.microBatch());
            lane.loss +=
                lane.network.backward(
                    used, batch.tokens(), batch.targets(), lane.teacher, factor, lane.gradients);
          }
        });
    double loss = 0;
    for (Lane lane : lanes) {
      loss += lane.loss;
    }
    float[] sum = lanes[0].gradients;
    workers.run(
        Math.ceilDiv(sum.length, CHUNK),
        chunk -> {
          int from = chunk * CHUNK;
          int count = Math.min(CHUNK, sum.length - from);
          for (int i = 1; i < lanes.length; i++) {
            FloatMath.axpy(1, lanes[i].gradients, from, sum, from, count);
          }
        });
    return loss * factor;
  }

  private void round() throws IOException {
    if (used != model.weights()) {
      model.roundTo(used, workers);
    }
  }

  private double sumOfSquares() throws IOException {
    float[] gradients = lanes[0].gradients;
    double[] sums = new double[Math.ceilDiv(gradients.length, CHUNK)];
    workers.run(
        sums.length,
        chunk -> {
          int from = chunk * CHUNK;
          int count = Math.min(CHUNK, gradients.length - from);
          sums[chunk] = FloatMath.sumOfSquares(gradients, from, count);
        });
    return Arrays.stream(sums).sum();
  }

  private void update(float rate, float factor) throws IOException {
    List<Layout.Tensor> tensors = model.layout().tensors();
    workers.run(
        tensors.size(),
        i -> {
          Layout.Tensor tensor = tensors.get(i);
          optimizer.update(
              state.weights,
              lanes[0].gradients,
              state.mean,
              state.square,
              tensor.at(),
              tensor.end(),
              state.step + 1,
              rate,
              factor,
              tensor.isMatrix());
        });
  }

  /** The mean loss of the first validation texts, in whole micro-batches, if there are any. */
  OptionalDouble evaluate() throws IOException {
    if (validation == null) {
      return OptionalDouble.empty();
    }
    round();
    Batches texts = new Batches(validation, 1, options.length(), 0);
    int size = options.microBatch();
    int micros = Math.clamp(texts.windows() / size, 1, Math.max(1, EVALUATED / size));
    double[] losses = new double[lanes.length];
    int count = Math.min(size, texts.windows());
    workers.run(
        lanes.length,
        i -> {
          for (int micro = i; micro < micros; micro += lanes.length) {
            Batches.Batch batch = texts.windows(micro * size, count);
            losses[i] += lanes[i].network.loss(used, batch.tokens(), batch.targets());
          }
        });
    return OptionalDouble.of(
        Arrays.stream(losses).sum() / ((double) micros * count * options.length()));
  }
}
