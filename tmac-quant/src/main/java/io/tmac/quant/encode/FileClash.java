package io.tmac.quant.encode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells whether writing a file would destroy another one that is read. */
public final class FileClash {
  private FileClash() {}

  /**
   * Compares files, not names: links lead to what they stand for.
   *
   * @param output a file that will be written; it need not exist
   * @param input a file that is read, or a folder of such files; it need not exist
   * @return whether the output is the input, or a file of the folder that is there already
   * @throws IOException if the files cannot be looked at
   */
  public static boolean between(Path output, Path input) throws IOException {
    if (output.toAbsolutePath().normalize().equals(input.toAbsolutePath().normalize())) {
      return true;
    }
    if (!Files.exists(output) || !Files.exists(input)) {
      return false;
    }
    if (!Files.isDirectory(input)) {
      return Files.isSameFile(output, input);
    }
    try (var files = Files.newDirectoryStream(input)) {
      for (Path file : files) {
        if (Files.isSameFile(output, file)) {
          return true;
        }
      }
    }
    return false;
  }
}
