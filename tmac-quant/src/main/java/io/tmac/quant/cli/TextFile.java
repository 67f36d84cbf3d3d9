package io.tmac.quant.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads texts that arguments name. */
final class TextFile {

  private TextFile() {}

  /** Returns the bytes of a file. */
  static byte[] read(Path text) throws IOException {
    if (Files.isDirectory(text)) {
      throw new FileSystemException(text.toString(), null, "is a folder, no text");
    }
    return Files.readAllBytes(text);
  }
}
