package io.tmac.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Bytes of a block that hold some bits, or all, of the codes of some of its elements. */
sealed interface CodePlane {

  /**
   * Adds what this plane holds to the codes of a block.
   *
   * @param data the bytes
   * @param block offset of the block
   * @param codes the codes
   * @param first index of the block's first code
   * @param elements number of elements of the block
   */
  void addTo(MemorySegment data, long block, byte[] codes, int first, int elements);

  /** The same for codes that are floats. */
  void addTo(MemorySegment data, long block, float[] codes, int first, int elements);

  /**
   * Some bits of every code. Bytes come in runs of {@code stride}; the lowest bits of a run belong
   * to its first {@code stride} elements, the next bits to the next {@code stride} elements:
   *
   * <pre>
   *   bits 4, stride 16:  byte i holds element i in its low and element i + 16 in its high half
   *   bits 2, stride 32:  byte i holds elements i, i + 32, i + 64, i + 96, lowest bits first
   *   bits 1, stride 1:   byte i holds elements 8i to 8i + 7, lowest bit first
   *   bits 8:             byte i is the code of element i, in two's complement
   * </pre>
   *
   * @param offset offset of the first byte in the block
   * @param bits how many bits of a code: 1, 2, 4 or 8
   * @param stride bytes of a run
   * @param shift place of the lowest of them in the code
   */
  record Bits(int offset, int bits, int stride, int shift) implements CodePlane {

    @Override
    public void addTo(MemorySegment data, long block, byte[] codes, int first, int elements) {
      int mask = mask();
      long run = block + offset;
      for (int c = first; c < first + elements; run += stride) {
        for (int low = 0; low < Byte.SIZE; low += bits, c += stride) {
          for (int i = 0; i < stride; i++) {
            int code = data.get(ValueLayout.JAVA_BYTE, run + i) >> low & mask;
            codes[c + i] += (byte) (code << shift);
          }
        }
      }
    }

    @Override
    public void addTo(MemorySegment data, long block, float[] codes, int first, int elements) {
      int mask = mask();
      long run = block + offset;
      for (int c = first; c < first + elements; run += stride) {
        for (int low = 0; low < Byte.SIZE; low += bits, c += stride) {
          for (int i = 0; i < stride; i++) {
            int code = data.get(ValueLayout.JAVA_BYTE, run + i) >> low & mask;
            codes[c + i] += code << shift;
          }
        }
      }
    }

    private int mask() {
      return bits == Byte.SIZE ? -1 : (1 << bits) - 1;
    }
  }

  /**
   * Ternary digits. A byte holds the digits after the point of a number in base 3, rounded up to
   * 1/256; the first digits of all {@code stride} bytes come first, then their second digits.
   *
   * @param offset offset of the first byte in the block
   * @param stride number of bytes
   * @param digits digits of a byte, at most 5
   * @param firstElement the element in the block that the first digit belongs to
   */
  record Trits(int offset, int stride, int digits, int firstElement) implements CodePlane {

    @Override
    public void addTo(MemorySegment data, long block, byte[] codes, int first, int elements) {
      int c = first + firstElement;
      for (int n = 0, power = 1; n < digits; n++, power *= 3, c += stride) {
        for (int i = 0; i < stride; i++) {
          codes[c + i] += (byte) digit(data.get(ValueLayout.JAVA_BYTE, block + offset + i), power);
        }
      }
    }

    @Override
    public void addTo(MemorySegment data, long block, float[] codes, int first, int elements) {
      int c = first + firstElement;
      for (int n = 0, power = 1; n < digits; n++, power *= 3, c += stride) {
        for (int i = 0; i < stride; i++) {
          codes[c + i] += digit(data.get(ValueLayout.JAVA_BYTE, block + offset + i), power);
        }
      }
    }

    private static int digit(int number, int power) {
      return (number * power & 0xff) * 3 >> 8;
    }
  }
}
