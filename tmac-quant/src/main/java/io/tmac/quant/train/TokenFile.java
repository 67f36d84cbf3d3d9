package io.tmac.quant.train;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A file of tokens to train on, mapped into memory:
 *
 * <pre>
 *   "TMTK" | int32 version 1 | int32 vocabSize | int32 first | int64 count | count x uint16
 * </pre>
 *
 * <p>All numbers are little-endian. {@code first} is the token that each document begins with; a
 * vocabulary has at most 65,536 tokens. {@link TokenFiles} writes such files. Safe for use by many
 * threads until it is closed.
 */
public final class TokenFile implements AutoCloseable {
  static final int HEADER_BYTES = 24;
  static final String MAGIC = "TMTK";
  static final int VERSION = 1;
  private static final int CHUNK = 1 << 20;
  static final int LARGEST_VOCABULARY = 1 << 16;

  static final ValueLayout.OfShort TOKEN =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final MemorySegment file;
  private final int vocabSize;
  private final int first;
  private final long count;

  private TokenFile(Path path, Arena arena, MemorySegment file) {
    this.path = path;
    this.arena = arena;
    this.file = file;
    if (file.byteSize() < HEADER_BYTES) {
      throw fault(0, "a header of " + HEADER_BYTES + " bytes", file.byteSize() + " bytes");
    }
    String found = magic(file);
    if (!found.equals(MAGIC)) {
      throw fault(0, "a file of tokens, which begins with TMTK", "'" + found + "'");
    }
    if (file.get(INT, 4) != VERSION) {
      throw fault(4, "version " + VERSION, "version " + file.get(INT, 4));
    }
    vocabSize = file.get(INT, 8);
    if (vocabSize < 1 || vocabSize > LARGEST_VOCABULARY) {
      throw fault(8, "a vocabulary of 1 to " + LARGEST_VOCABULARY, vocabSize + " tokens");
    }
    first = file.get(INT, 12);
    count = file.get(LONG, 16);
    if (count < 2
        || count != (file.byteSize() - HEADER_BYTES) / Short.BYTES
        || file.byteSize() % Short.BYTES != 0) {
      throw fault(
          16, "the number of tokens that follow, at least 2", count + " in " + file.byteSize());
    }
    requireTokens();
  }

  /** The first four bytes of a file that has them. */
  static String magic(MemorySegment file) {
    byte[] magic = file.asSlice(0, MAGIC.length()).toArray(ValueLayout.JAVA_BYTE);
    return new String(magic, StandardCharsets.ISO_8859_1);
  }

  private void requireTokens() {
    for (long i = 0; i < count; i++) {
      if (token(i) >= vocabSize) {
        throw fault(
            HEADER_BYTES + i * Short.BYTES, "a token below " + vocabSize, "token " + token(i));
      }
    }
  }

  private ModelFormatException fault(long offset, String expected, String found) {
    return new ModelFormatException(path.toString(), offset, expected, found);
  }

  /**
   * Opens a file and looks through it once.
   *
   * @param path the file
   * @return its tokens
   * @throws ModelFormatException if it is no such file, or damaged
   * @throws IOException if it cannot be read
   */
  @SuppressWarnings("MustBeClosedChecker") // The file owns it.
  public static TokenFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new TokenFile(path, arena, file);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Returns the path.
   *
   * @return as it was given
   */
  public Path path() {
    return path;
  }

  /**
   * Returns the size of the vocabulary.
   *
   * @return all tokens are below
   */
  public int vocabSize() {
    return vocabSize;
  }

  /**
   * Returns the number of tokens.
   *
   * @return at least 2
   */
  public long count() {
    return count;
  }

  /**
   * Returns a token.
   *
   * @param index from 0 to {@code count - 1}
   * @return from 0 to {@code vocabSize - 1}
   */
  public int token(long index) {
    return Short.toUnsignedInt(file.get(TOKEN, HEADER_BYTES + index * Short.BYTES));
  }

  /** Tells files apart: CRC-32C of all bytes, read for it. */
  long checksum() {
    CRC32C crc = new CRC32C();
    for (long at = 0; at < file.byteSize(); at += CHUNK) {
      crc.update(file.asSlice(at, Math.min(CHUNK, file.byteSize() - at)).asByteBuffer());
    }
    return crc.getValue();
  }

  /** The nearest beginning of a document at or before an index, but not before {@code least}. */
  long document(long index, long least) {
    for (long i = index; i >= Math.max(0, least); i--) {
      if (token(i) == first) {
        return i;
      }
    }
    return index;
  }

  /** Ends the mapping. */
  @Override
  public void close() {
    arena.close();
  }
}
