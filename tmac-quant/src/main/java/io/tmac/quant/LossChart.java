package io.tmac.quant;

import io.tmac.TmacException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Draws losses over the steps of training as a PNG picture.
 *
 * <p>It needs the library XChart, an optional dependency, and the module {@code java.desktop}.
 */
public final class LossChart {

  private LossChart() {}

  /**
   * A line of the picture.
   *
   * @param name its name in the legend
   * @param steps where its points are, ascending
   * @param losses as many, in nats
   */
  public record Curve(String name, double[] steps, double[] losses) {

    /**
     * Checks the points.
     *
     * @throws IllegalArgumentException if there are none, or not as many of both
     */
    public Curve {
      if (steps.length == 0 || steps.length != losses.length) {
        throw new IllegalArgumentException(
            "curve " + name + " has " + steps.length + " steps and " + losses.length + " losses");
      }
    }
  }

  /**
   * A value that curves are compared with: a dashed line.
   *
   * @param name its name in the legend
   * @param loss the value, in nats
   */
  public record Level(String name, double loss) {}

  /**
   * Writes a picture of 1000 x 600 pixels. The file appears when it is complete.
   *
   * @param curves at least one
   * @param levels values to compare with
   * @param png the file to write; replaced if it is there
   * @throws TmacException if this JVM lacks what drawing needs
   * @throws IllegalArgumentException if there is no curve
   * @throws IOException if the file cannot be written
   */
  public static void write(List<Curve> curves, List<Level> levels, Path png) throws IOException {
    if (curves.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one curve");
    }
    Picture.write(() -> LossPlot.png(curves, levels), png);
  }
}
