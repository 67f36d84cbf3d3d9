package io.tmac.checkpoint;

import io.tmac.format.Matrix;
import io.tmac.testing.TinyModels.TinyModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;

/** What every test of the readers does: read a file to its end and look at the numbers in it. */
final class Reading {
  private Reading() {}

  /** Reads and verifies a mapped file. */
  static Checkpoint file(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path)) {
      MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
      return verified(CheckpointReader.read(path.getFileName().toString(), bytes));
    }
  }

  /** Reads and verifies a file that is in memory. */
  static Checkpoint bytes(String source, byte[] bytes) {
    return verified(CheckpointReader.read(source, MemorySegment.ofArray(bytes)));
  }

  /** Reads and verifies a model. */
  static Checkpoint model(TinyModel model) {
    return verified(CheckpointReader.read("tiny", model.segment()));
  }

  /** All values of a matrix, row after row. */
  static float[] values(Matrix matrix) {
    float[] values = new float[matrix.rows() * matrix.cols()];
    float[] row = new float[matrix.cols()];
    for (int r = 0; r < matrix.rows(); r++) {
      matrix.decodeRow(r, row);
      System.arraycopy(row, 0, values, r * row.length, row.length);
    }
    return values;
  }

  /** A copy of a file with another int32 at an offset. */
  static byte[] withInt32(byte[] file, int offset, int value) {
    byte[] copy = file.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
    return copy;
  }

  private static Checkpoint verified(Checkpoint checkpoint) {
    checkpoint.verify();
    return checkpoint;
  }
}
