package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.ModelConfig;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gradient of each tensor is what the loss does when the tensor is moved a little. */
class GradientTest {
  private static final ModelConfig CONFIG =
      new ModelConfig(24, 40, 2, 4, 2, 6, 50, 80, 10000, 1e-5);
  private static final int TEXTS = 3;
  private static final int LENGTH = 70; // more than a block of queries

  private final SplittableRandom random = new SplittableRandom(5);

  private float[] weights(Layout layout) {
    float[] weights = new float[layout.size()];
    for (Layout.Tensor tensor : layout.tensors()) {
      double size = tensor.isMatrix() ? 0.3 : 0.2;
      for (int i = tensor.at(); i < tensor.end(); i++) {
        weights[i] = (float) (random.nextGaussian() * size + (tensor.isMatrix() ? 0 : 1));
      }
    }
    return weights;
  }

  private int[] tokens() {
    return random.ints(TEXTS * LENGTH, 0, CONFIG.vocabSize()).toArray();
  }

  /** Compares with the slope along the gradient and along random directions. */
  private void check(Layout layout, float[] w, float[] gradients, ToDoubleFunction<float[]> loss) {
    for (Layout.Tensor tensor : layout.tensors()) {
      float[] gradient = Arrays.copyOfRange(gradients, tensor.at(), tensor.end());
      for (int trial = 0; trial < 3; trial++) {
        double[] direction = direction(gradient, trial);
        double expected = 0;
        for (int i = 0; i < gradient.length; i++) {
          expected += gradient[i] * direction[i];
        }
        double step = 4e-3;
        double slope =
            (8
                        * (moved(w, tensor, direction, step, loss)
                            - moved(w, tensor, direction, -step, loss))
                    - (moved(w, tensor, direction, 2 * step, loss)
                        - moved(w, tensor, direction, -2 * step, loss)))
                / (12 * step);
        double length = Math.sqrt(Arrays.stream(square(gradient)).sum());
        assertThat(slope)
            .as("%s, trial %d, gradient's length %s", tensor.role(), trial, length)
            .isCloseTo(expected, org.assertj.core.data.Offset.offset(2e-3 * length + 2e-4));
      }
    }
  }

  private static double[] square(float[] x) {
    double[] squares = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      squares[i] = (double) x[i] * x[i];
    }
    return squares;
  }

  /** A unit vector: the gradient's own for trial 0. */
  private double[] direction(float[] gradient, int trial) {
    double[] direction = new double[gradient.length];
    double sum = 0;
    for (int i = 0; i < direction.length; i++) {
      direction[i] = trial == 0 ? gradient[i] : random.nextGaussian();
      sum += direction[i] * direction[i];
    }
    for (int i = 0; i < direction.length; i++) {
      direction[i] /= Math.sqrt(sum);
    }
    return direction;
  }

  private static double moved(
      float[] w,
      Layout.Tensor tensor,
      double[] direction,
      double step,
      ToDoubleFunction<float[]> loss) {
    float[] moved = w.clone();
    for (int i = 0; i < direction.length; i++) {
      moved[tensor.at() + i] += (float) (step * direction[i]);
    }
    return loss.applyAsDouble(moved);
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void everyTensor(boolean tied) {
    Layout layout = Layout.of(CONFIG, tied);
    float[] w = weights(layout);
    int[] tokens = tokens();
    int[] targets = tokens();
    Network network = new Network(layout, TEXTS, LENGTH);
    float[] gradients = new float[layout.size()];
    float factor = 1f / tokens.length;
    double loss = network.backward(w, tokens, targets, null, factor, gradients);
    assertThat(network.loss(w, tokens, targets)).isCloseTo(loss, within(1e-9 * loss));
    check(layout, w, gradients, moved -> network.loss(moved, tokens, targets) * factor);
  }

  @Test
  void withTeacher() {
    Layout layout = Layout.of(CONFIG, true);
    Layout other = Layout.of(new ModelConfig(16, 24, 1, 2, 2, 8, 50, 80, 10000, 1e-5), false);
    float[] w = weights(layout);
    int[] tokens = tokens();
    int[] targets = tokens();
    Teacher teacher = new Teacher(other, weights(other), TEXTS, LENGTH, 0.7f);
    Network network = new Network(layout, TEXTS, LENGTH);
    float[] gradients = new float[layout.size()];
    float factor = 1f / tokens.length;
    network.backward(w, tokens, targets, teacher, factor, gradients);
    float[] unused = new float[layout.size()];
    check(
        layout,
        w,
        gradients,
        moved -> network.backward(moved, tokens, targets, teacher, factor, unused) * factor);
  }

  @Test
  void aTeacherThatIsTheModelItselfLeavesNothingToLearnButTheTargets() {
    Layout layout = Layout.of(CONFIG, true);
    float[] w = weights(layout);
    int[] tokens = tokens();
    Teacher teacher = new Teacher(layout, w, TEXTS, LENGTH, 1);
    float[] gradients = new float[layout.size()];
    double loss =
        new Network(layout, TEXTS, LENGTH).backward(w, tokens, tokens(), teacher, 1, gradients);
    assertThat(loss / tokens.length).isCloseTo(0, within(1e-5));
    for (float gradient : gradients) {
      assertThat(gradient).isCloseTo(0, org.assertj.core.data.Offset.offset(2e-3f));
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double value) {
    return org.assertj.core.data.Offset.offset(value);
  }
}
