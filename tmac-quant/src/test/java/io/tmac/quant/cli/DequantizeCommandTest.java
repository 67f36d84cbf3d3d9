package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DequantizeCommandTest {
  @TempDir Path folder;

  @Test
  void writesTheFileAndPrintsNothing() throws IOException {
    Path model = TinyModel.write(folder.resolve("model.bin"));
    Path out = folder.resolve("norm.f32");
    Console.Result result = Console.run("dequantize", model, "norm", out);
    assertThat(result.status()).isZero();
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).isEmpty();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.remaining()).isEqualTo(TinyModel.DIM * 4);
    assertThat(bytes.getFloat(4)).isEqualTo(TinyModel.value(TinyModel.firstFloat(10) + 1));
  }
}
