package io.tmac.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Scales and minimums of a block.
 *
 * @param elements elements that share a scale, the part of a block
 * @param offset offset of the float16 {@code d} in the block
 * @param kind what stands beside it
 */
record BlockScales(int elements, int offset, Kind kind) {

  /** Scales of the parts of a block. */
  enum Kind {
    /** {@code d} is the scale of the block. */
    ONE,
    /** A float16 minimum behind it. */
    WITH_MINIMUM,
    /**
     * A float16 {@code dmin} behind it, then eight scales s and minimums m of 6 bits; the scale of
     * part j is {@code d * s[j]}, the minimum {@code -dmin * m[j]}.
     *
     * <pre>
     *   12 bytes:  byte j < 4       s[j] in bits 0-5, bits 4-5 of s[j + 4] in bits 6-7
     *              byte 4 + j       m[j] in bits 0-5, bits 4-5 of m[j + 4] in bits 6-7
     *              byte 8 + j       bits 0-3 of s[j + 4] and, in bits 4-7, of m[j + 4]
     * </pre>
     */
    SIX_BITS,
    /** Before it sixteen scales s of int8; the scale of part j is {@code d * s[j]}. */
    BYTES
  }

  private static final int PARTS = 4;

  boolean hasMinimum() {
    return kind == Kind.WITH_MINIMUM || kind == Kind.SIX_BITS;
  }

  /** The scale of part {@code j}. */
  float scale(MemorySegment data, long block, int j) {
    float d = LittleEndian.float16(data, block + offset);
    return switch (kind) {
      case ONE, WITH_MINIMUM -> d;
      case SIX_BITS -> d * sixBits(data, block + offset + 4, j, 0);
      case BYTES -> d * data.get(JAVA_BYTE, block + offset - 16 + j);
    };
  }

  /** What is added to all weights of part {@code j}. */
  float minimum(MemorySegment data, long block, int j) {
    return switch (kind) {
      case ONE, BYTES -> 0;
      case WITH_MINIMUM -> LittleEndian.float16(data, block + offset + 2);
      case SIX_BITS ->
          -(LittleEndian.float16(data, block + offset + 2)
              * sixBits(data, block + offset + 4, j, 1));
    };
  }

  /** Scale ({@code which} = 0) or minimum (1) of part {@code j}. */
  private static int sixBits(MemorySegment data, long at, int j, int which) {
    int low = data.get(JAVA_BYTE, at + which * PARTS + j % PARTS);
    if (j < PARTS) {
      return low & 63;
    }
    int high = data.get(JAVA_BYTE, at + 2 * PARTS + j - PARTS);
    return high >> 4 * which & 15 | (low >> 6 & 3) << 4;
  }
}
