package io.tmac.checkpoint.gguf;

import io.tmac.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Walks through the head of a GGUF file. Nothing is read before it is checked. */
final class GgufCursor {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String source;
  private final MemorySegment file;
  private long position;

  GgufCursor(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  MemorySegment file() {
    return file;
  }

  String source() {
    return source;
  }

  long size() {
    return file.byteSize();
  }

  long position() {
    return position;
  }

  /** Skips {@code bytes} bytes, which hold {@code what}, and returns their offset. */
  long skip(long bytes, String what) {
    long left = size() - position;
    if (bytes < 0 || bytes > left) {
      throw fault(
          position,
          Long.toUnsignedString(bytes) + " bytes of " + what,
          left + " bytes before the end of the file; it is cut short or damaged");
    }
    long at = position;
    position += bytes;
    return at;
  }

  /** Throws unless there is room for {@code count} things of {@code bytes} bytes at least. */
  void requireRoom(long count, int bytes, String what) {
    long left = size() - position;
    if (count < 0 || count > left / bytes) {
      throw fault(
          position,
          Long.toUnsignedString(count) + " " + what + ", as the file says",
          left + " bytes before its end, too few for them");
    }
  }

  int uint8(String what) {
    return file.get(ValueLayout.JAVA_BYTE, skip(1, what)) & 0xff;
  }

  int int32(String what) {
    return file.get(INT, skip(4, what));
  }

  /** The next 64 bits; a number from 2^63 on comes out negative. */
  long uint64(String what) {
    return file.get(LONG, skip(8, what));
  }

  String ascii(int bytes, String what) {
    byte[] text = file.asSlice(skip(bytes, what), bytes).toArray(ValueLayout.JAVA_BYTE);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /** The next string, which must be UTF-8 of at most {@code maxBytes} bytes. */
  String string(int maxBytes, String what) {
    long start = position;
    long length = uint64("the length of " + what);
    if (length < 0 || length > maxBytes) {
      throw fault(
          start,
          what + " of at most " + maxBytes + " bytes",
          Long.toUnsignedString(length) + " bytes");
    }
    ByteBuffer bytes = file.asSlice(skip(length, what), length).asByteBuffer();
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw fault(start + Long.BYTES, what + " in UTF-8", "bytes that are not UTF-8");
    }
  }

  ModelFormatException fault(long offset, String expected, Object found) {
    return new ModelFormatException(source, offset, expected, String.valueOf(found));
  }
}
