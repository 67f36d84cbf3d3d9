package io.tmac.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The memory of this process. */
final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String RESIDENT = "VmRSS:";

  private ProcessMemory() {}

  /**
   * Memory in use, mapped files included.
   *
   * @return bytes, or empty where the platform does not tell (other than Linux)
   */
  static OptionalLong residentBytes() {
    return bytes(STATUS, RESIDENT);
  }

  /** A size that a file of /proc states in lines such as "VmRSS: 12345 kB". */
  static OptionalLong bytes(Path file, String name) {
    if (!Files.isReadable(file)) {
      return OptionalLong.empty();
    }
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith(name))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
