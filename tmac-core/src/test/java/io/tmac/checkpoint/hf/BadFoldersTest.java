package io.tmac.checkpoint.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.management.ThreadMXBean;
import io.tmac.ModelFormatException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.format.Matrix;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Folders whose config or weights are damaged or extreme; those with a bad tokenizer aside. */
class BadFoldersTest {
  private static final String FILES = "vectors/bad/files";
  private static final Duration AT_ONCE = Duration.ofSeconds(1);
  private static final long MEMORY = 64L << 20;

  static Stream<Arguments> cases() {
    return Shared.json(FILES + "/manifest.json")
        .at("/cases")
        .valueStream()
        .filter(c -> c.at("/group").asString().equals("hf"))
        .map(c ->
            Arguments.of(
                c.at("/expect").asString(),
                c.at("/file").asString().split("/")[0],
                c.at("/why").asString()))
        .filter(c -> !c.get()[1].toString().startsWith("tok_"))
        .collect(Collectors.toMap(c -> c.get()[1], c -> c, (a, b) -> a))
        .values()
        .stream();
  }

  @BeforeAll
  static void loadClasses() throws IOException {
    read(Shared.path(FILES + "/hf/ok"));
  }

  @ParameterizedTest(name = "{0}: {1} ({2})")
  @MethodSource("cases")
  void aFolderIsReadOrRefusedWithAReason(String expect, String folder, String why) {
    Path path = Shared.path(FILES + "/hf/" + folder);
    Optional<ModelFormatException> refusal =
        assertTimeoutPreemptively(AT_ONCE, () -> readWithinMemory(path));

    switch (expect) {
      case "accept" -> assertThat(refusal).isEmpty();
      case "reject" -> assertThat(refusal).isPresent();
      default -> assertThat(expect).isEqualTo("either");
    }
    refusal.ifPresent(fault -> {
      Path file = Path.of(fault.file());
      assertThat(file).startsWith(path);
      assertThat(fault.offset()).isBetween(0L, size(file));
      assertThat(fault.expected()).isNotBlank();
      assertThat(fault.found()).isNotBlank();
    });
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Optional<ModelFormatException> readWithinMemory(Path path) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Optional<ModelFormatException> refusal = Optional.empty();
    try {
      read(path);
    } catch (ModelFormatException e) {
      refusal = Optional.of(e);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MEMORY);
    return refusal;
  }

  /** Reads all of a model. */
  private static void read(Path path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint checkpoint = CheckpointReader.open(ModelFiles.resolve(path), arena);
      checkpoint.verify();
      for (Matrix matrix : checkpoint.tensors().values()) {
        float[] row = new float[matrix.cols()];
        for (int r = 0; r < matrix.rows(); r++) {
          matrix.decodeRow(r, row);
        }
      }
    }
  }
}
