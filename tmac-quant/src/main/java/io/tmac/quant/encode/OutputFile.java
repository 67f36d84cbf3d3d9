package io.tmac.quant.encode;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears when it is complete. Until then its bytes are in a temporary file beside it,
 * so that a failure leaves no half file, and an older one as it was. The end of the JVM, for
 * example by Ctrl-C, removes it too.
 */
public final class OutputFile implements Closeable {
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private final Thread removal = new Thread(this::remove, "tmac-remove-temporary-file");

  private OutputFile(Path target, Path temporary, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
  }

  /** At the end of the JVM: a file that is still open then will not be committed. */
  private void remove() {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // There is nobody left to tell.
    }
  }

  /**
   * Begins a file.
   *
   * @param target the file; replaced if it is there
   * @return the file, open and empty
   * @throws FileSystemException if something else than a file has that name
   * @throws NoSuchFileException if its folder is missing
   * @throws IOException if its folder is closed to writing
   */
  public static OutputFile create(Path target) throws IOException {
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new FileSystemException(target.toString(), null, "not a regular file");
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "there is no such folder");
    }
    String suffix = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path temporary = target.resolveSibling("." + target.getFileName() + "." + suffix + ".tmp");
    FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    OutputFile file = new OutputFile(target, temporary, channel);
    Runtime.getRuntime().addShutdownHook(file.removal);
    return file;
  }

  /**
   * Takes the bytes.
   *
   * @return where to write
   */
  public FileChannel channel() {
    return channel;
  }

  /**
   * Appends bytes.
   *
   * @param bytes all that remain are written
   * @throws IOException if they cannot be
   */
  public void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Writes a whole file.
   *
   * @param target the file; replaced if it is there
   * @param bytes all of it
   * @throws IOException if it cannot be written
   */
  public static void write(Path target, byte[] bytes) throws IOException {
    try (OutputFile file = create(target)) {
      file.write(ByteBuffer.wrap(bytes));
      file.commit();
    }
  }

  /**
   * Puts the complete file into its place.
   *
   * @throws IOException if it cannot be moved there
   */
  public void commit() throws IOException {
    channel.close();
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Removes what has not been committed. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(temporary);
    try {
      Runtime.getRuntime().removeShutdownHook(removal);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook finds no file.
    }
  }
}
