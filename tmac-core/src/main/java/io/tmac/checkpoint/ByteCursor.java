package io.tmac.checkpoint;

import io.tmac.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Walks through the bytes of a file from start to end. Nothing is read before it is checked. */
final class ByteCursor {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String source;
  private final MemorySegment file;
  private long position;

  ByteCursor(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  String source() {
    return source;
  }

  MemorySegment file() {
    return file;
  }

  long position() {
    return position;
  }

  /** The next {@code bytes} bytes, which hold {@code what}. */
  MemorySegment take(long bytes, String what) {
    long left = file.byteSize() - position;
    if (bytes < 0 || bytes > left) {
      throw new ModelFormatException(
          source,
          position,
          bytes + " bytes of " + what,
          left + " bytes before the end of the file; it is cut short or its header is wrong");
    }
    MemorySegment taken = file.asSlice(position, bytes);
    position += bytes;
    return taken;
  }

  int int32(String what) {
    return take(4, what).get(INT, 0);
  }

  int uint8(String what) {
    return take(1, what).get(ValueLayout.JAVA_BYTE, 0) & 0xff;
  }

  /** Throws unless all bytes have been read. */
  void expectEnd() {
    if (position != file.byteSize()) {
      throw new ModelFormatException(
          source,
          position,
          "the end of the file after the last tensor",
          file.byteSize() - position + " more bytes; the header does not belong to these tensors");
    }
  }

  /** A fault in the {@code bytes} bytes that were read last. */
  ModelFormatException fault(int bytes, String expected, String found) {
    return new ModelFormatException(source, position - bytes, expected, found);
  }
}
