package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class QuantizerPropertyTest {

  /** Any shape: single rows and columns, and widths that are no multiple of 4 or 32. */
  @Property(tries = 100)
  void portsEncodeAnyShapeAsTheOriginal(
      @ForAll @IntRange(min = 1, max = 12) int quarterDim,
      @ForAll @IntRange(min = 1, max = 70) int hiddenDim,
      @ForAll @IntRange(min = 1, max = 3) int layers,
      @ForAll @IntRange(min = 1, max = 40) int vocabSize,
      @ForAll boolean shared,
      @ForAll long seed)
      throws IOException {
    Random random = new Random(seed);
    V0Model model = V0Model.random(4 * quarterDim, hiddenDim, layers, vocabSize, shared, random);
    Arrays.fill(model.values("w2"), 0, hiddenDim, 0); // a row of zeros
    model.values("w1")[0] = Float.MIN_VALUE;
    model.values("wq")[1] = 1e30f; // beyond float16
    Path folder = Files.createTempDirectory("tmac");
    Path in = model.write(folder.resolve("in"));
    Path out = folder.resolve("out");
    try {
      for (QuantFormat format : OriginalQuantizer.FORMATS) {
        Quantizer.from(in).format(format).write(out);
        assertThat(out).hasBinaryContent(OriginalQuantizer.file(model, format));
      }
    } finally {
      Files.deleteIfExists(in);
      Files.deleteIfExists(out);
      Files.delete(folder);
    }
  }
}
