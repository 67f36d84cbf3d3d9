package io.tmac.quant.encode;

import io.tmac.format.F32;
import io.tmac.format.GgufFormat;
import io.tmac.format.HalfFloat;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

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

  /**
   * The encoder of a format.
   *
   * @param format the format
   * @param stack what is encoded
   * @param fits codes and scales; not asked for by formats without a choice
   * @param workers the threads
   * @param progress hears of it if the stack is read before it is encoded
   * @throws IllegalArgumentException if there is no encoder for the format
   */
  static StackEncoder of(
      WeightFormat format, TensorStack stack, Fits fits, Workers workers, Progress progress)
      throws IOException {
    return switch (format) {
      case F32 f32 -> new F32Encoder(stack);
      case HalfFloat half when half == HalfFloat.F16 -> new F16Encoder(stack);
      case Int4 int4 -> new Int4Encoder(stack, fits);
      case Int8 int8 when int8.layout() == Int8.Layout.GROUPS -> new Int8BlockEncoder(stack);
      case Int8 int8 -> new Int8GroupEncoder(stack, int8.groupSize());
      case TernaryV1 ternary -> TernaryV1Encoder.of(stack, workers, progress);
      case TernaryV2 ternary -> new TernaryV2Encoder(stack, fits);
      case GgufFormat gguf -> new GgufBlockEncoder(stack, gguf, fits);
      default -> throw new IllegalArgumentException("no encoder for " + format.id());
    };
  }

  /** Size of the whole stack. */
  long bytes();

  /** Number of chunks. */
  int chunks();

  /** Encodes one chunk. */
  void encode(int chunk, Sink out, ErrorMeter errors) throws IOException;

  /** Encodes all chunks; returns what that did to the tensors. */
  static List<EncodingError> run(
      StackEncoder encoder,
      TensorStack stack,
      WeightFormat format,
      Sink out,
      Workers workers,
      Progress progress)
      throws IOException {
    ErrorMeter[] meters = new ErrorMeter[encoder.chunks()];
    workers.run(
        meters.length,
        chunk -> {
          ErrorMeter meter = new ErrorMeter(stack);
          encoder.encode(chunk, out, meter);
          meters[chunk] = meter;
          progress.add(stack.tensor(meter.sums().getFirst().layer()), meter.elements());
        });
    List<ErrorMeter.Sums> sums = new ArrayList<>();
    for (ErrorMeter meter : meters) {
      sums.addAll(meter.sums());
    }
    return EncodingError.of(stack, format, sums);
  }

  /** How many chunks of {@code size} elements hold {@code elements}. */
  static int chunks(long elements, int size) {
    return Math.toIntExact(Math.ceilDiv(elements, size));
  }
}
