package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.UnsupportedModelException;
import io.tmac.testing.FileBytes;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The first bytes of a file say what it is. Its name says nothing. */
class DetectionTest {

  @ParameterizedTest
  @EnumSource(Container.class)
  void aFileMayHaveAnyName(Container container, @TempDir Path folder) throws IOException {
    for (String name : new String[] {"x.bin", "x.gguf", "x.tm2", "noextension"}) {
      Path file = TinyModels.of(container, LlamaShape.GROUPED, 1).write(folder.resolve(name));
      Checkpoint checkpoint = Reading.file(file);
      assertThat(checkpoint.config()).isEqualTo(LlamaShape.GROUPED.config());
      assertThat(checkpoint.container()).containsIgnoringCase(container.name());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TMC2", "ak42"})
  void aKnownMagicThatIsNotReadIsUnsupported(String magic) {
    byte[] file = new FileBytes().text(magic).int32s(3, 0, 0, 0, 0, 0, 0, 0).toByteArray();
    assertThatExceptionOfType(UnsupportedModelException.class)
        .isThrownBy(() -> Reading.bytes("model.bin", file))
        .withMessageContainingAll("model.bin", "offset 0", magic, "TM2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, -1, Integer.MAX_VALUE})
  void anotherVersionOfLlama2cIsUnsupported(int version) {
    byte[] v1 = TinyModels.of(Container.V1, LlamaShape.EVEN, 1).bytes();
    assertThatExceptionOfType(UnsupportedModelException.class)
        .isThrownBy(() -> Reading.bytes("model.bin", Reading.withInt32(v1, 4, version)))
        .withMessageContainingAll("offset 4", "version " + version);
  }

  /**
   * Another container has the magic TMAC too. Its header is version 2, hidden size, layers, heads,
   * vocabulary, 2 bits, groups of 4; named tensors follow.
   */
  @ParameterizedTest
  @CsvSource({"8, 2, 2, 40", "2560, 30, 20, 128256", "768, 12, 12, 32000", "64, 1, 1, 1"})
  void theOtherTmacContainerIsUnsupported(int hidden, int layers, int heads, int vocabulary) {
    String name = "model.embed_tokens.weight";
    byte[] file =
        new FileBytes()
            .text("TMAC")
            .int32s(2, hidden, layers, heads, vocabulary, 2, 4)
            .int32(name.length())
            .text(name)
            .toByteArray();
    assertThatExceptionOfType(UnsupportedModelException.class)
        .isThrownBy(() -> Reading.bytes("model.tmac", file))
        .withMessageContaining("named tensors");
  }

  /** A TMAC model of width 2 is small, but it is one. */
  @Test
  void aNarrowTmacModelIsNotTakenForTheOtherContainer() {
    LlamaShape narrow = new LlamaShape(2, 3, 1, 1, 1, 5, 4, true);
    Checkpoint checkpoint = Reading.model(TinyModels.of(Container.TMAC, narrow, 1));
    assertThat(checkpoint.config()).isEqualTo(narrow.config());
  }
}
