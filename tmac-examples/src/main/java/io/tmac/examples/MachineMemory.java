package io.tmac.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The memory of this machine. */
final class MachineMemory {
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path CONTAINER = Path.of("/sys/fs/cgroup/memory.max");

  private MachineMemory() {}

  /**
   * Memory that a process can still get without swapping.
   *
   * @return bytes, or empty where the platform does not tell (other than Linux)
   */
  static OptionalLong availableBytes() {
    return availableBytes(MACHINE, CONTAINER);
  }

  static OptionalLong availableBytes(Path machine, Path container) {
    OptionalLong available = ProcessMemory.bytes(machine, "MemAvailable:");
    return available.isPresent()
        ? OptionalLong.of(Math.min(available.getAsLong(), limit(container)))
        : available;
  }

  /** The limit of the container, if it has one. */
  private static long limit(Path container) {
    if (!Files.isReadable(container)) {
      return Long.MAX_VALUE;
    }
    try {
      String limit = Files.readString(container).strip();
      return limit.matches("\\d{1,18}") ? Long.parseLong(limit) : Long.MAX_VALUE; // or "max"
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }
}
