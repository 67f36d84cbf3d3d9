package io.tmac.quant;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears when it is complete. Until then its bytes are in a temporary file beside it,
 * so that a failure leaves no half file, and an older one as it was.
 */
final class OutputFile implements Closeable {
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;

  private OutputFile(Path target, Path temporary, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
  }

  /**
   * Begins a file.
   *
   * @param target the file; replaced if it is there
   * @throws FileSystemException if something else than a file has that name
   * @throws IOException if its folder is missing or closed to writing
   */
  static OutputFile create(Path target) throws IOException {
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new FileSystemException(target.toString(), null, "not a regular file");
    }
    String suffix = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path temporary = target.resolveSibling("." + target.getFileName() + "." + suffix + ".tmp");
    FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    return new OutputFile(target, temporary, channel);
  }

  /** Takes the bytes. */
  FileChannel channel() {
    return channel;
  }

  /** Puts the complete file into its place. */
  void commit() throws IOException {
    channel.close();
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes what has not been committed. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
  }
}
