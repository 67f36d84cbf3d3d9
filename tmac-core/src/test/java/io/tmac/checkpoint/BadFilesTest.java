package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.management.ThreadMXBean;
import io.tmac.ModelFormatException;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A corpus of damaged, cut, swapped and extreme files, and of odd ones that are valid. A bad file
 * is refused with its reason, at once, and whatever sizes it claims, no memory is spent on them.
 */
class BadFilesTest {
  private static final String FILES = "vectors/bad/files";
  private static final List<String> GROUPS =
      List.of("llama2c_v0", "llama2c_v1v2", "q4v1", "tmac", "tm2", "gguf");

  /** GGUF files that are good to their tensors; their vocabulary is read elsewhere. */
  private static final String OF_THE_TOKENIZER = "tok_(scores|token_type|model)_.*|gpt2_.*|pre_.*";

  private static final Duration AT_ONCE = Duration.ofSeconds(1);
  private static final long MEMORY = 64L << 20;

  /** Refused files, and files that may be refused, by what the corpus says about them. */
  static Stream<Arguments> cases() {
    return Shared.json(FILES + "/manifest.json")
        .at("/cases")
        .valueStream()
        .filter(c -> GROUPS.contains(c.at("/group").asString()))
        .filter(c -> !c.at("/file").asString().matches(OF_THE_TOKENIZER))
        .map(c ->
            Arguments.of(
                c.at("/expect").asString(),
                c.at("/group").asString() + "/" + c.at("/file").asString(),
                c.at("/why").asString()));
  }

  @BeforeAll
  static void loadClasses() throws IOException {
    Reading.file(Shared.path(FILES + "/llama2c_v0/ok_shared.bin"));
    Reading.file(Shared.path(FILES + "/gguf/ok.gguf"));
  }

  @ParameterizedTest(name = "{0}: {1} ({2})")
  @MethodSource("cases")
  void aFileIsReadOrRefusedWithAReason(String expect, String file, String why) throws IOException {
    Path path = Shared.path(FILES + "/" + file);
    long size = Files.size(path);
    Optional<ModelFormatException> refusal =
        assertTimeoutPreemptively(AT_ONCE, () -> readWithinMemory(path));

    switch (expect) {
      case "accept" -> assertThat(refusal).isEmpty();
      case "reject" -> assertThat(refusal).isPresent();
      default -> assertThat(expect).isEqualTo("either");
    }
    refusal.ifPresent(fault -> {
      assertThat(fault.offset()).isBetween(0L, size);
      assertThat(fault.expected()).isNotBlank();
      assertThat(fault.found()).isNotBlank();
      assertThat(fault)
          .hasMessage(
              "%s: at offset %d: expected %s, found %s",
              path.getFileName(), fault.offset(), fault.expected(), fault.found());
    });
  }

  /** Reads a file to its end; any exception other than a refusal passes through. */
  private static Optional<ModelFormatException> readWithinMemory(Path path) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Optional<ModelFormatException> refusal = Optional.empty();
    try {
      Reading.file(path).tensors().values().forEach(Reading::values);
    } catch (ModelFormatException e) {
      refusal = Optional.of(e);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MEMORY);
    return refusal;
  }
}
