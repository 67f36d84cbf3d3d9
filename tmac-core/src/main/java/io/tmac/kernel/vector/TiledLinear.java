package io.tmac.kernel.vector;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.Panel;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix copied into tiles of 16 rows or more, so that the lanes of a vector are rows: the input
 * is broadcast or looked up, and no sum runs across lanes. Rows behind the last hold no weights,
 * and their products are not read.
 */
abstract sealed class TiledLinear implements PanelSource permits Int4Linear, Int8Linear {
  private final Twins twins;
  private final int rows;
  private final int cols;
  private final InputForm form;
  private final int tileRows;
  final int tileBytes;
  final MemorySegment tiles;

  /** Reserves the tiles; the subclass fills them with {@link #pack}. */
  TiledLinear(
      Matrix matrix, InputForm form, int tileRows, int tileBytes, Twins twins, Arena arena) {
    this.twins = twins;
    this.rows = matrix.rows();
    this.cols = matrix.cols();
    this.form = form;
    this.tileRows = tileRows;
    this.tileBytes = tileBytes;
    this.tiles = arena.allocate((long) tileBytes * Math.ceilDiv(rows, tileRows), 64);
  }

  /** Copies all rows, tile by tile, on the threads of the pool. */
  final void pack(Matrix matrix, BlockCodes source, WorkerPool pool) {
    pool.run(
        Math.ceilDiv(rows, tileRows),
        (from, to, worker) -> {
          byte[] codes = new byte[Input.pad(cols)];
          float[] scales = new float[cols / source.blockSize(cols)];
          for (int row = from * tileRows; row < Math.min(to * tileRows, rows); row++) {
            source.decodeCodes(matrix, row, codes, scales);
            packRow(row, codes, scales);
          }
        });
  }

  /** Copies one row; {@code codes} is padded with zeros to a multiple of 32. */
  abstract void packRow(int row, byte[] codes, float[] scales);

  @Override
  public final void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    if (tokens >= Gemm.TOKENS && twins.gemm().vectors()) {
      Gemm.multiply(this, in, tokens, out, from, to, scratch);
      return;
    }
    boolean vectors = twins.matvec().vectors();
    for (int r = from; r < to; r += tileRows) {
      long tile = (long) (r / tileRows) * tileBytes;
      for (int t = 0; t < tokens; t++) {
        if (vectors) {
          multiplyTile(in, t, tile, scratch);
        } else {
          multiplyTilePlain(in.quantized(form), t, tile, scratch);
        }
        System.arraycopy(scratch.floats, 0, out, t * rows + r, Math.min(tileRows, to - r));
      }
    }
  }

  /**
   * Multiplies the rows of a tile by one token.
   *
   * @param in the input
   * @param token the token
   * @param tile offset of the tile
   * @param scratch receives the products in {@link Scratch#floats}
   */
  abstract void multiplyTile(Input in, int token, long tile, Scratch scratch);

  /** The same in plain loops. */
  abstract void multiplyTilePlain(QuantizedInput q, int token, long tile, Scratch scratch);

  @Override
  public final int scaleEnd(int col) {
    return (col / Input.BLOCK + 1) * Input.BLOCK;
  }

  @Override
  public final void unpack(int row, int count, int firstCol, int cols, Panel panel) {
    for (int i = 0; i < count; i += tileRows) {
      long tile = (long) ((row + i) / tileRows) * tileBytes;
      unpackCodes(tile, firstCol, cols, panel.codes, i);
      unpackScales(tile, row + i, firstCol, cols, panel.weightScales, i);
    }
  }

  /** Writes the codes of a tile to {@code panel[plane][column][at + row]}. */
  abstract void unpackCodes(long tile, int firstCol, int cols, short[] panel, int at);

  /** Writes the scales of each 32 columns of a tile to {@code scales[block][at + row]}. */
  abstract void unpackScales(long tile, int row, int firstCol, int cols, float[] scales, int at);

  @Override
  public final int tileRows() {
    return tileRows;
  }

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int cols() {
    return cols;
  }

  @Override
  public final InputForm form(int tokens) {
    return form;
  }

  @Override
  public long bytes() {
    return tiles.byteSize();
  }
}
