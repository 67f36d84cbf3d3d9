package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tmac.ModelFormatException;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A path means a file, or the one model in a folder; its bytes come from a mapping or a stream. */
class ModelFilesTest {
  @TempDir Path folder;

  @Test
  void aFileMeansItself() throws IOException {
    Path file = Files.write(folder.resolve("anything"), new byte[3]);
    assertThat(ModelFiles.resolve(file)).isEqualTo(file);
  }

  @Test
  void aFolderMeansTheOneModelInItWhateverItsName() throws IOException {
    Files.writeString(folder.resolve("README.md"), "about the model");
    Files.write(folder.resolve("tokenizer.bin"), new byte[100]);
    Files.createFile(folder.resolve("empty"));
    Files.createDirectory(folder.resolve("sub"));
    Path model = model("weights.dat", Container.TM2);
    assertThat(ModelFiles.resolve(folder)).isEqualTo(model);
  }

  @Test
  void aFolderWithoutAModelIsRefused() throws IOException {
    Files.writeString(folder.resolve("README.md"), "no model here");
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(() -> ModelFiles.resolve(folder))
        .withMessageContainingAll(folder.toString(), "exactly one model file", "none");
  }

  @Test
  void aFolderWithSeveralModelsIsRefusedAndTheirNamesAreTold() throws IOException {
    model("a.bin", Container.V0);
    model("b.bin", Container.Q4V1);
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(() -> ModelFiles.resolve(folder))
        .withMessageContainingAll("2", "a.bin", "b.bin");
  }

  @Test
  void aMissingFileIsNamed() {
    Path missing = folder.resolve("missing.bin");
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> ModelFiles.resolve(missing))
        .withMessageContaining(missing.toString());
  }

  @Test
  void aMappingHasTheBytesOfTheFileAndIsReadOnly() throws IOException {
    Path model = model("a.bin", Container.TMAC);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = ModelFiles.map(model, arena);
      assertThat(bytes.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(Files.readAllBytes(model));
      assertThat(bytes.isReadOnly()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 1 << 20, (1 << 20) + 1, 5_000_000})
  void aStreamIsCopiedToItsEnd(int size) throws IOException {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = ModelFiles.copy(new ByteArrayInputStream(content), arena);
      assertThat(bytes.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(content);
    }
  }

  private Path model(String name, Container container) throws IOException {
    return TinyModels.of(container, LlamaShape.SMALLEST, 1).write(folder.resolve(name));
  }
}
