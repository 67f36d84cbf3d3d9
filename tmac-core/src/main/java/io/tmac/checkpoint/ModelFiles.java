package io.tmac.checkpoint;

import io.tmac.ModelFormatException;
import io.tmac.checkpoint.hf.HfFolder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds model files and brings their bytes into memory. */
public final class ModelFiles {
  private static final int CHUNK = 1 << 20;

  private ModelFiles() {}

  /**
   * Finds the model that a path means.
   *
   * @param path a file, a Hugging Face folder, or a folder that holds exactly one model file
   * @return the file, or the Hugging Face folder
   * @throws ModelFormatException if a folder holds no model file, or several
   * @throws IOException if the path cannot be read
   */
  public static Path resolve(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      if (!Files.exists(path)) {
        throw new NoSuchFileException(path.toString(), null, "there is no such model file");
      }
      requireRegular(path);
      return path;
    }
    if (HfFolder.holdsModel(path)) {
      return path;
    }
    List<Path> models = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path, Files::isRegularFile)) {
      for (Path file : files) {
        if (isModel(file)) {
          models.add(file);
        }
      }
    }
    if (models.isEmpty() && HfFolder.hasConfig(path)) {
      return path; // Its reader says what is missing.
    }
    if (models.size() != 1) {
      throw new ModelFormatException(
          path.toString(),
          0,
          "a folder with exactly one model file",
          models.isEmpty() ? "none" : models.size() + ": " + models + "; name one of them");
    }
    return models.getFirst();
  }

  /** Anything else cannot be mapped; a pipe would even block. */
  private static void requireRegular(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new FileSystemException(path.toString(), null, "is not a regular file");
    }
  }

  private static boolean isModel(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      CheckpointReader.read(file.toString(), map(file, arena));
      return true;
    } catch (ModelFormatException e) {
      return false;
    }
  }

  /**
   * Maps a file.
   *
   * @param file the file
   * @param arena owner of the mapping
   * @return its bytes, read-only
   * @throws IOException if the file cannot be read
   */
  public static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  /**
   * Copies a stream into memory outside the heap.
   *
   * @param in the stream; read to its end, not closed
   * @param arena owner of the memory
   * @return the bytes
   * @throws IOException if the stream cannot be read
   */
  public static MemorySegment copy(InputStream in, Arena arena) throws IOException {
    List<byte[]> chunks = new ArrayList<>();
    long size = 0;
    while (true) {
      byte[] chunk = in.readNBytes(CHUNK);
      if (chunk.length == 0) {
        break;
      }
      chunks.add(chunk);
      size += chunk.length;
    }
    MemorySegment bytes = arena.allocate(Math.max(1, size), 64).asSlice(0, size);
    long at = 0;
    for (byte[] chunk : chunks) {
      MemorySegment.copy(chunk, 0, bytes, ValueLayout.JAVA_BYTE, at, chunk.length);
      at += chunk.length;
    }
    return bytes;
  }
}
