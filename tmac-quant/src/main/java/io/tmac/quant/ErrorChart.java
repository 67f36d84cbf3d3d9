package io.tmac.quant;

import io.tmac.TmacException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Draws the relative error of each layer's matrices as a PNG picture: one panel per model, one
 * below the other, each with a scale of its own; one line per kind of matrix. Norms, embedding and
 * classifier are left out.
 *
 * <p>It needs the library XChart, an optional dependency, and the module {@code java.desktop}. It
 * opens no window; set the system property {@code java.awt.headless} to {@code true} where a
 * display is named that cannot be reached.
 */
public final class ErrorChart {

  private ErrorChart() {}

  /**
   * One panel.
   *
   * @param title its title, for example what is compared with what
   * @param errors the errors of a model's tensors
   */
  public record Panel(String title, List<TensorError> errors) {

    /** Makes the list immutable. */
    public Panel {
      errors = List.copyOf(errors);
    }
  }

  /**
   * Writes a picture of 1200 x 480 pixels per panel. The file appears when it is complete; one that
   * is there is replaced.
   *
   * @param panels the models, at least one
   * @param png the file to write
   * @throws TmacException if this JVM lacks what drawing needs
   * @throws IllegalArgumentException if there is no panel
   * @throws IOException if the file cannot be written
   */
  public static void write(List<Panel> panels, Path png) throws IOException {
    if (panels.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one panel");
    }
    Picture.write(() -> ErrorPlot.png(panels), png);
  }
}
