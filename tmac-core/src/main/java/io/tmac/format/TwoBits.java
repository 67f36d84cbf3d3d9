package io.tmac.format;

import java.lang.foreign.MemorySegment;

/** Codes of two bits from 0 to 3. */
final class TwoBits {
  /** The low bit of each code of a word. */
  private static final long LOW_BITS = 0x5555_5555_5555_5555L;

  private TwoBits() {}

  /** Whether any code of {@code bytes} bytes, a multiple of 8, is 3. */
  static boolean hasThree(MemorySegment data, long offset, long bytes) {
    for (long at = offset; at < offset + bytes; at += Long.BYTES) {
      long word = data.get(LittleEndian.LONG, at);
      if ((word & word >>> 1 & LOW_BITS) != 0) {
        return true;
      }
    }
    return false;
  }
}
