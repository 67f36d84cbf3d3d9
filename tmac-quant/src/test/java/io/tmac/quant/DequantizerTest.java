package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.TmacException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DequantizerTest {
  @TempDir Path folder;

  @Test
  void writesRowsInStoredOrderAsLittleEndianFloats() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    Path out = folder.resolve("w2.f32");

    TensorInfo written = Dequantizer.dequantize(model, "layers.0.w2", out);

    assertThat(written).isEqualTo(new TensorInfo("layers.0.w2", "f32", 8, 12, 8 * 12 * 4));
    float[] expected = new float[8 * 12];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = TinyModel.value(TinyModel.firstFloat(8) + i);
    }
    assertThat(floats(out)).isEqualTo(expected);
  }

  @Test
  void decodesBlocksThatRunOverRowsAndLayers() throws IOException {
    // w2 has 172 columns: no row but every eighth begins at a block of 32.
    Path model = Shared.path("vectors/public/quantizers/P3_numpy_2.4.2/stories260K.q4.bin");
    Path out = folder.resolve("w2.f32");
    List<TensorInfo> tensors = ModelInspector.inspect(model).tensors();
    TensorInfo w2 = Dequantizer.dequantize(model, "layers.1.w2", out);
    assertThat(tensors).contains(w2);

    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(model)).order(ByteOrder.LITTLE_ENDIAN);
    int data = startOfW2(file);
    float[] expected = new float[64 * 172];
    for (int i = 0; i < expected.length; i++) {
      int element = expected.length + i; // behind layer 0
      int block = data + element / 32 * 18;
      int codes = file.get(block + 2 + element % 32 / 2) & 0xff;
      int nibble = element % 2 == 0 ? codes & 15 : codes >> 4;
      expected[i] = (nibble - 8) * Float.float16ToFloat(file.getShort(block));
    }
    assertThat(floats(out)).isEqualTo(expected);
  }

  /** Walks over what comes before w2 in a Q4V1 file of stories260K. */
  private static int startOfW2(ByteBuffer file) {
    long dim = 64;
    long layers = 5;
    int at = 4 + 28 + 4;
    long[] elements = {
      512 * dim, // embedding
      -layers * dim, // norms are negative: raw floats
      layers * dim * dim,
      layers * 32 * dim,
      layers * 32 * dim,
      layers * dim * dim,
      -layers * dim,
      layers * 172 * dim
    };
    for (long n : elements) {
      assertThat(file.get(at)).isEqualTo((byte) (n > 0 ? 1 : 0));
      at += 1 + (int) (n > 0 ? Math.ceilDiv(n, 32) * 18 : -n * 4);
    }
    assertThat(file.get(at)).isEqualTo((byte) 1);
    return at + 1;
  }

  @Test
  void replacesAnOlderFileAndLeavesNothingElse() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    Path out = Files.writeString(folder.resolve("out.f32"), "older");

    Dequantizer.dequantize(model, "norm", out);

    assertThat(out).hasSize(TinyModel.DIM * 4);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(model, out);
    }
  }

  @Test
  void leavesAnOlderFileAloneWhenItFails() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    Path out = Files.writeString(folder.resolve("out.f32"), "older");

    assertThatThrownBy(() -> Dequantizer.dequantize(model, "wq", out))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("model.bin has no tensor wq");

    assertThat(out).hasContent("older");
  }

  @Test
  void refusesToWriteOverTheModel() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    byte[] before = Files.readAllBytes(model);
    Path link = Files.createLink(folder.resolve("link.bin"), model);

    for (Path out : List.of(model, link)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Dequantizer.dequantize(model, "norm", out))
          .withMessageContaining("is the model file itself");
    }
    assertThat(model).hasBinaryContent(before);
  }

  @Test
  void refusesToWriteOverAFileOfTheFolder() throws IOException {
    TinyModel.write(folder.resolve("model.bin"));
    Path other = Files.writeString(folder.resolve("tokenizer.bin"), "read too");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> Dequantizer.dequantize(folder, "norm", other))
        .withMessageContaining("would overwrite a file of");
    assertThat(other).hasContent("read too");
    Dequantizer.dequantize(folder, "norm", folder.resolve("norm.f32"));
  }

  @Test
  void refusesToReplaceWhatIsNoFile() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    Path out = Files.createDirectory(folder.resolve("sub"));
    assertThatThrownBy(() -> Dequantizer.dequantize(model, "norm", out))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("sub: not a regular file");
  }

  @Test
  void namesTheClassifierOfAModelThatSharesIt() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    assertThatThrownBy(() -> Dequantizer.dequantize(model, "output", folder.resolve("out.f32")))
        .hasMessageContaining("its classifier is tok_embeddings");
  }

  private static float[] floats(Path file) throws IOException {
    FloatBuffer buffer =
        ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] floats = new float[buffer.remaining()];
    buffer.get(floats);
    return floats;
  }
}
