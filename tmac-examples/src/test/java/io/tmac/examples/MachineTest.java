package io.tmac.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
  @TempDir Path folder;

  @Test
  void namesTheProcessorAndItsVectors() {
    assertThat(Processor.name(List.of("model name\t: Some CPU", "flags\t\t: fpu avx2 avx512f")))
        .isEqualTo("Some CPU, AVX-512");
    assertThat(Processor.name(List.of("model name\t: Some CPU", "flags\t\t: fpu avx avx2")))
        .isEqualTo("Some CPU, AVX2");
    assertThat(Processor.name(List.of("processor\t: 0"))).isEqualTo(System.getProperty("os.arch"));
  }

  @Test
  void memoryIsWhatMachineAndContainerLeave() throws IOException {
    Path machine =
        Files.writeString(
            folder.resolve("meminfo"), "MemTotal:  2000 kB\nMemAvailable:   1000 kB\n");
    Path none = folder.resolve("none");
    Path unlimited = Files.writeString(folder.resolve("unlimited"), "max\n");
    Path limited = Files.writeString(folder.resolve("limited"), "4096\n");
    assertThat(MachineMemory.availableBytes(machine, none)).hasValue(1_024_000);
    assertThat(MachineMemory.availableBytes(machine, unlimited)).hasValue(1_024_000);
    assertThat(MachineMemory.availableBytes(machine, limited)).hasValue(4096);
    assertThat(MachineMemory.availableBytes(none, limited)).isEmpty();
  }
}
