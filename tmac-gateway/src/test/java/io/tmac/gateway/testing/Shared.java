package io.tmac.gateway.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/**
 * The folder of models and reference values that lies beside the checkout. It is no part of the
 * project, so tests that need it are skipped where it is missing.
 */
public final class Shared {
  private static final Path ROOT = Path.of(System.getProperty("tmac.shared", "../../shared"));

  private Shared() {}

  /**
   * A file or folder under the shared folder, which {@code -Dtmac.shared} names.
   *
   * @throws TestAbortedException if it is missing; the reason is printed
   */
  public static Path path(String relative) {
    Path path = ROOT.resolve(relative);
    if (!Files.exists(path)) {
      String reason = "Skipped: " + path + " is missing; -Dtmac.shared names the shared folder";
      System.out.println(reason);
      throw new TestAbortedException(reason);
    }
    return path;
  }
}
