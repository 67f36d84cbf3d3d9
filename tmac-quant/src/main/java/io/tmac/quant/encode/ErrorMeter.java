package io.tmac.quant.encode;

import java.util.ArrayList;
import java.util.List;

/** What encoding one chunk did to its values, for each layer that it touches. */
final class ErrorMeter {

  /**
   * Sums over elements.
   *
   * @param layer the layer
   * @param count number of elements
   * @param error of the squared differences
   * @param input of the squared values before
   * @param output of the squared values after
   * @param product of the products of both
   */
  record Sums(int layer, long count, double error, double input, double output, double product) {

    Sums plus(Sums other) {
      return new Sums(
          layer,
          count + other.count,
          error + other.error,
          input + other.input,
          output + other.output,
          product + other.product);
    }
  }

  private final TensorStack stack;
  private final List<Sums> sums = new ArrayList<>();

  ErrorMeter(TensorStack stack) {
    this.stack = stack;
  }

  /** The sums in the order of the layers. */
  List<Sums> sums() {
    return sums;
  }

  /** Elements so far. */
  long elements() {
    return sums.stream().mapToLong(Sums::count).sum();
  }

  /**
   * Compares values with what they became.
   *
   * @param element index of the first one in the stack
   * @param values the values, from index 0
   * @param decoded what their bytes mean, from index 0
   * @param count how many
   */
  void add(long element, float[] values, float[] decoded, int count) {
    for (int at = 0; at < count; ) {
      int layer = stack.layerOf(element + at);
      long layerEnd = (layer + 1) * stack.layerElements();
      int end = (int) Math.min(count, layerEnd - element);
      add(sums(layer, values, decoded, at, end));
      at = end;
    }
  }

  private void add(Sums next) {
    if (!sums.isEmpty() && sums.getLast().layer() == next.layer()) {
      sums.set(sums.size() - 1, sums.getLast().plus(next));
    } else {
      sums.add(next);
    }
  }

  private static Sums sums(int layer, float[] values, float[] decoded, int from, int to) {
    double error = 0;
    double input = 0;
    double output = 0;
    double product = 0;
    for (int i = from; i < to; i++) {
      double value = values[i];
      double became = decoded[i];
      double difference = value - became;
      error += difference * difference;
      input += value * value;
      output += became * became;
      product += value * became;
    }
    return new Sums(layer, to - from, error, input, output, product);
  }
}
