package io.tmac.quant.encode;

import io.tmac.format.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a file from start to end. The chunks of a stack are encoded and written by several threads
 * at once, each at its place; memory is bounded by chunks, not by tensors.
 */
final class TensorWriter {
  private final FileChannel channel;
  private final Workers workers;
  private final Progress progress;
  private final List<EncodingError> errors = new ArrayList<>();
  private long position;

  TensorWriter(FileChannel channel, Workers workers, Progress progress) {
    this.channel = channel;
    this.workers = workers;
    this.progress = progress;
  }

  /** What encoding did to the tensors, in file order. */
  List<EncodingError> errors() {
    return errors;
  }

  Workers workers() {
    return workers;
  }

  Progress progress() {
    return progress;
  }

  long position() {
    return position;
  }

  void text(String ascii) throws IOException {
    bytes(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  void int8(int value) throws IOException {
    bytes(new byte[] {(byte) value});
  }

  void int32(int... values) throws IOException {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(values);
    bytes(buffer.array());
  }

  void int64(long value) throws IOException {
    bytes(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  void float32(float[] values) throws IOException {
    bytes(F32Encoder.bytes(values));
  }

  void bytes(byte[] bytes) throws IOException {
    write(bytes, bytes.length, position);
    position += bytes.length;
  }

  /** Writes all layers of a stack. */
  void stack(TensorStack stack, WeightFormat format, Fits fits) throws IOException {
    long start = position;
    StackEncoder encoder = StackEncoder.of(format, stack, fits, workers, progress);
    errors.addAll(
        StackEncoder.run(
            encoder,
            stack,
            format,
            (bytes, count, offset) -> write(bytes, count, start + offset),
            workers,
            progress));
    position = start + encoder.bytes();
  }

  private void write(byte[] bytes, int count, long offset) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      channel.write(buffer, offset + buffer.position());
    }
  }
}
