package io.tmac.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.opentest4j.TestAbortedException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The folder of models and reference values that lies beside the checkout. It is no part of the
 * project, so tests that need it are skipped where it is missing.
 */
public final class Shared {
  private static final String PROPERTY = "tmac.shared";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Shared() {}

  /**
   * A file or folder under the shared folder. The folder is what {@code -Dtmac.shared} names, else
   * {@code ../shared} or {@code ../../shared}.
   *
   * @throws TestAbortedException if it is missing; the reason is printed
   */
  public static Path path(String relative) {
    Path path = root().resolve(relative);
    if (!Files.exists(path)) {
      throw skip(path + " is missing");
    }
    return path;
  }

  /**
   * A JSON file under the shared folder.
   *
   * @throws TestAbortedException if it is missing; the reason is printed
   */
  public static JsonNode json(String relative) {
    return JSON.readTree(path(relative).toFile());
  }

  private static Path root() {
    String named = System.getProperty(PROPERTY);
    List<Path> candidates =
        named != null
            ? List.of(Path.of(named))
            : List.of(Path.of("../shared"), Path.of("../../shared"));
    return candidates.stream()
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow(
            () -> skip("no shared folder at " + candidates + "; name it with -D" + PROPERTY));
  }

  private static TestAbortedException skip(String reason) {
    String line = "Skipped: " + reason;
    System.out.println(line);
    return new TestAbortedException(line);
  }
}
