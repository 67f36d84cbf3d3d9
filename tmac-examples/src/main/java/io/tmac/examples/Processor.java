package io.tmac.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The processor of this machine. */
final class Processor {
  private static final Path INFO = Path.of("/proc/cpuinfo");

  private Processor() {}

  /**
   * Names the processor.
   *
   * @return its model and widest vector extension, for example {@code "AMD EPYC, AVX-512"}; the
   *     architecture where the platform does not tell more
   */
  static String name() {
    if (Files.isReadable(INFO)) {
      try {
        return name(Files.readAllLines(INFO));
      } catch (IOException e) {
        // The architecture must do.
      }
    }
    return name(List.of());
  }

  /** The same from the lines of /proc/cpuinfo. */
  static String name(List<String> info) {
    List<String> flags = List.of(value(info, "flags").orElse("").split(" "));
    String vectors =
        flags.contains("avx512f") ? ", AVX-512" : flags.contains("avx2") ? ", AVX2" : "";
    return value(info, "model name").orElse(System.getProperty("os.arch")) + vectors;
  }

  /** The value of the first line {@code key : value}. */
  private static Optional<String> value(List<String> info, String key) {
    return info.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst();
  }
}
