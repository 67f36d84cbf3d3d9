package io.tmac.checkpoint.hf;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.ModelFormatException;
import io.tmac.format.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Changed bytes give another model or a refusal, never another exception. */
class FolderFuzzTest {
  private static final TinyFolder FOLDER = new TinyFolder(Path.of("."), "llama");

  @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
  void aChangedWeightFileIsReadOrRefused(@ForAll long seed) {
    byte[] file = mutated(FOLDER.weights(), 1500, new Random(seed));
    try {
      Map<String, Safetensors.Tensor> tensors =
          Safetensors.read("fuzz", MemorySegment.ofArray(file));
      tensors.values().stream()
          .filter(Safetensors.Tensor::isMatrix)
          .forEach(tensor ->
              tensor
                  .dtype()
                  .format()
                  .ifPresent(format -> {
                    int rows = (int) tensor.rows();
                    int cols = (int) tensor.cols();
                    Matrix matrix = new Matrix("fuzz", rows, cols, format, tensor.data(), 0);
                    matrix.decodeRow(rows - 1, new float[cols]);
                  }));
    } catch (ModelFormatException e) {
      assertThat(e.offset()).isBetween(0L, (long) file.length);
    }
  }

  @Property(tries = 3000, edgeCases = EdgeCasesMode.NONE)
  void aChangedConfigIsReadOrRefused(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] json = FOLDER.configJson().getBytes(StandardCharsets.UTF_8);
    byte[] file = mutated(json, json.length, random);
    try {
      HfConfig.of(JsonDocument.read("fuzz", 0, MemorySegment.ofArray(file)));
    } catch (ModelFormatException e) {
      assertThat(e.offset()).isBetween(0L, (long) file.length);
    }
  }

  /** Changes, removes or doubles some bytes among the first. */
  private static byte[] mutated(byte[] bytes, int among, Random random) {
    byte[] file = bytes.clone();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int at = random.nextInt(Math.min(among, file.length));
      switch (random.nextInt(4)) {
        case 0 -> file[at] = (byte) random.nextInt();
        case 1 -> file[at] = (byte) "0123456789-.eE\"[]{},:".charAt(random.nextInt(21));
        case 2 -> file[at] ^= (byte) (1 << random.nextInt(8));
        default -> {
          int length = Math.min(random.nextInt(20), file.length - at);
          byte[] cut = new byte[file.length - length];
          System.arraycopy(file, 0, cut, 0, at);
          System.arraycopy(file, at + length, cut, at, file.length - at - length);
          file = cut;
        }
      }
      if (file.length == 0) {
        return file;
      }
    }
    return file;
  }
}
