package io.tmac.kernel;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Counts processor cores. */
public final class Cores {
  private static final Path LINUX_CPUS = Path.of("/sys/devices/system/cpu");

  private Cores() {}

  /**
   * The number of threads that compute best: two hardware threads of one core share its vector
   * units and gain nothing.
   *
   * @return the physical cores, where the platform tells them, but no more than the processors that
   *     the container or the affinity mask leaves to this JVM; at least 1
   */
  public static int usable() {
    int available = Runtime.getRuntime().availableProcessors();
    int physical = physicalOnLinux();
    return physical > 0 ? Math.min(available, physical) : available;
  }

  /** Counts the distinct sets of sibling threads; 0 if they cannot be read. */
  private static int physicalOnLinux() {
    Set<String> cores = new HashSet<>();
    if (!Files.isDirectory(LINUX_CPUS)) {
      return 0;
    }
    try (DirectoryStream<Path> cpus = Files.newDirectoryStream(LINUX_CPUS, "cpu[0-9]*")) {
      for (Path cpu : cpus) {
        Path siblings = cpu.resolve("topology/thread_siblings_list");
        if (Files.isReadable(siblings)) {
          cores.add(Files.readString(siblings));
        }
      }
    } catch (IOException e) {
      return 0; // Only a better default is lost.
    }
    return cores.size();
  }
}
