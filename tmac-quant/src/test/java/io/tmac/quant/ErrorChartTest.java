package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorChartTest {
  @TempDir Path folder;

  @Test
  void drawsAPanelPerModelAndALineOfEachColour() throws IOException {
    Path png = folder.resolve("errors.png");
    ErrorChart.Panel panel = new ErrorChart.Panel("a model", errors(5));

    ErrorChart.write(List.of(panel, panel), png);

    BufferedImage image = ImageIO.read(png.toFile());
    assertThat(image.getWidth()).isEqualTo(1200);
    assertThat(image.getHeight()).isEqualTo(2 * 480);
    for (int top : new int[] {0, 480}) {
      assertThat(colours(image, top))
          .contains(0x0072B2, 0x56B4E9, 0x009E73, 0x000000, 0xE69F00, 0xD55E00, 0xCC79A7);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(png);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 200})
  void drawsModelsOfAnyDepth(int layers) throws IOException {
    Path png = folder.resolve("errors.png");
    ErrorChart.write(List.of(new ErrorChart.Panel("a model", errors(layers))), png);
    assertThat(colours(ImageIO.read(png.toFile()), 0)).contains(0x0072B2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, Double.NaN, Double.POSITIVE_INFINITY})
  void drawsErrorsThatHaveNoPlaceInAChart(double error) throws IOException {
    Path png = folder.resolve("errors.png");
    List<TensorError> errors = List.of(TensorErrorsTest.error("layers.0.wq", error));
    ErrorChart.write(List.of(new ErrorChart.Panel("a model", errors)), png);
    assertThat(png).isNotEmptyFile();
  }

  @Test
  void refusesNoPanelsAndNoFolder() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ErrorChart.write(List.of(), folder.resolve("errors.png")));
    List<ErrorChart.Panel> panels = List.of(new ErrorChart.Panel("a model", errors(2)));
    assertThatThrownBy(() -> ErrorChart.write(panels, folder.resolve("none/errors.png")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private static List<TensorError> errors(int layers) {
    List<TensorError> errors = new ArrayList<>();
    errors.add(TensorErrorsTest.error("tok_embeddings", 9));
    for (int layer = 0; layer < layers; layer++) {
      double error = 0.01 * (1 + layer % 3);
      for (String kind : List.of("attention_norm", "wq", "wk", "wv", "wo", "w1", "w2", "w3")) {
        errors.add(TensorErrorsTest.error("layers." + layer + "." + kind, error));
        error += 0.05;
      }
    }
    return errors;
  }

  private static Set<Integer> colours(BufferedImage image, int top) {
    Set<Integer> colours = new HashSet<>();
    for (int y = top; y < top + 480; y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y) & 0xFFFFFF);
      }
    }
    return colours;
  }
}
