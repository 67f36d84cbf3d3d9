package io.tmac.quant.encode;

import java.io.IOException;

/**
 * Turns a stack into the bytes of one weight format, chunk by chunk. The size is known beforehand,
 * so that chunks may be written in any order. Safe for use by many threads.
 */
interface StackEncoder {

  /** Elements of a chunk, about; it bounds the buffers of a thread. */
  int CHUNK = 1 << 16;

  /** Takes the bytes. */
  @FunctionalInterface
  interface Sink {
    /**
     * Writes bytes.
     *
     * @param offset where they begin, from the start of the stack's bytes
     */
    void write(byte[] bytes, int count, long offset) throws IOException;
  }

  /** Size of the whole stack. */
  long bytes();

  /** Number of chunks. */
  int chunks();

  /** Encodes one chunk. */
  void encode(int chunk, Sink out, ErrorMeter errors) throws IOException;

  /** How many chunks of {@code size} elements hold {@code elements}. */
  static int chunks(long elements, int size) {
    return Math.toIntExact(Math.ceilDiv(elements, size));
  }
}
