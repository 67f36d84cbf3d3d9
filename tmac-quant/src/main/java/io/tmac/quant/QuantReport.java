package io.tmac.quant;

import io.tmac.quant.encode.OutputFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@link Quantizer} has written.
 *
 * @param input the model that was read
 * @param output the file that was written
 * @param format its format
 * @param method how codes and scales were chosen
 * @param inputBytes size of the input
 * @param outputBytes size of the output
 * @param seconds the time it took
 * @param tensors the quality of each quantised tensor, in file order
 * @param layerErrors after calibration, of each layer: the squared error of the residual stream
 *     behind it, relative to its square, on the calibration text; empty without calibration
 */
public record QuantReport(
    Path input,
    Path output,
    QuantFormat format,
    QuantMethod method,
    long inputBytes,
    long outputBytes,
    double seconds,
    List<TensorQuality> tensors,
    List<Double> layerErrors) {

  /** Makes the lists immutable. */
  public QuantReport {
    tensors = List.copyOf(tensors);
    layerErrors = List.copyOf(layerErrors);
  }

  /**
   * The error of all tensors together, relative to their values.
   *
   * @return the root of the sum of squared errors over the sum of squares
   */
  public double relativeRmse() {
    double error = 0;
    double square = 0;
    for (TensorQuality tensor : tensors) {
      error += tensor.mse() * tensor.elements();
      square += tensor.meanSquare() * tensor.elements();
    }
    return error == 0 ? 0 : Math.sqrt(error / square);
  }

  /**
   * The report as a JSON document:
   *
   * <pre>
   * {"input","output","format","method","inputBytes","outputBytes","seconds","relativeRmse",
   *  "tensors":[{"name","type","fallback","rows","cols","bytes","mse","meanSquare","relativeRmse",
   *              "sqnrDb","cosine"}],
   *  "layerErrors":[...]}
   * </pre>
   *
   * <p>{@code null} stands for NaN and infinity.
   *
   * @return the document, without a line feed
   */
  public String toJson() {
    return QuantReportJson.of(this);
  }

  /**
   * Writes the JSON document to a file, which appears when it is complete.
   *
   * @param file the file; replaced if it is there
   * @throws IOException if it cannot be written
   */
  public void writeJson(Path file) throws IOException {
    OutputFile.write(file, (toJson() + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
