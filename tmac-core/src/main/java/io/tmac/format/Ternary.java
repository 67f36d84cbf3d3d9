package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Ternary codes of two bits, four to a byte. Code j of a byte lies in bits 2j and 2j+1:
 *
 * <pre>
 *   bit   7 6   5 4   3 2   1 0
 *         w3    w2    w1    w0        00 = 0, 01 = +1, 11 = -1, 10 is undefined
 * </pre>
 *
 * <p>A run of codes is named by the offset of its first byte and the number of its first code, so
 * that a run may begin inside a byte.
 */
final class Ternary {
  /** The high bit of each code of a word. */
  private static final long HIGH_BITS = 0xAAAA_AAAA_AAAA_AAAAL;

  private Ternary() {}

  /** Bytes that hold {@code count} codes. */
  static long byteSize(long count) {
    return Math.addExact(count, 3L) / 4;
  }

  /** Writes the {@code count} weights from code {@code first} on. */
  static void decode(MemorySegment data, long offset, long first, int count, byte[] out) {
    for (int i = 0; i < count; i++) {
      out[i] = (byte) weight(data, offset, first + i);
    }
  }

  /** Writes the {@code count} weights from code {@code first} on, times {@code scale}. */
  static void decode(
      MemorySegment data, long offset, long first, int count, float scale, float[] out) {
    for (int i = 0; i < count; i++) {
      out[i] = weight(data, offset, first + i) * scale;
    }
  }

  /**
   * Copies the {@code count} codes from code {@code first} on, the rest of the last byte being
   * zero; false if they do not begin with a byte.
   */
  static boolean copy(MemorySegment data, long offset, long first, int count, byte[] packed) {
    if ((first & 3) != 0) {
      return false;
    }
    int bytes = (int) byteSize(count);
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset + (first >> 2), packed, 0, bytes);
    if ((count & 3) != 0) {
      packed[bytes - 1] &= (byte) ((1 << 2 * (count & 3)) - 1);
    }
    return true;
  }

  /** The weight of one code: the sign extension of its two bits. */
  private static int weight(MemorySegment data, long offset, long code) {
    int bits = data.get(ValueLayout.JAVA_BYTE, offset + (code >> 2)) >> (((int) code & 3) * 2);
    return bits << 30 >> 30;
  }

  /** The offset of the first byte with an undefined code among {@code count} codes, or -1. */
  static long findUndefined(MemorySegment data, long offset, long first, long count) {
    long end = first + count;
    for (long code = first; code < end; code++) {
      while ((code & 3) == 0 && end - code >= 32) {
        long word = data.get(LittleEndian.LONG, offset + (code >> 2));
        if ((word & HIGH_BITS & ~(word << 1)) != 0) {
          break;
        }
        code += 32;
      }
      if (code < end && weight(data, offset, code) == -2) {
        return offset + (code >> 2);
      }
    }
    return -1;
  }
}
