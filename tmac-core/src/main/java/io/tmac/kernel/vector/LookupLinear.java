package io.tmac.kernel.vector;

import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.Linear;
import io.tmac.kernel.QuantizedInput;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Ternary weights by table lookup (T-MAC, Wei et al. 2024, section 3): the weights of a few columns
 * form an index into a table of all sums of their inputs, and one byte shuffle looks up many rows.
 *
 * <p>Columns are cut into pieces whose tables stay in the L1 cache, while the weights of a group of
 * rows stream past; a group is one stream of bytes:
 *
 * <pre>
 *   [group of rows]  [piece of columns]  [tile of 16 or 128 rows]  [step of 4 columns]  [byte per row]
 * </pre>
 *
 * <p>The sums of a piece are exact integers. They are added up until the weights or the input have
 * another scale.
 */
abstract sealed class LookupLinear implements Linear permits Int7Lookup, NarrowLookup, WideLookup {
  /** Columns whose weights share a byte. */
  static final int STEP = 4;

  /** Bounds of the rows of a group. */
  private static final int MIN_GROUP = 64;

  private static final int MAX_GROUP = 1024;

  /** Groups for each thread, at least: they are the units that threads share. */
  private static final int GROUPS_PER_THREAD = 4;

  final MemorySegment tiles;
  private final int rows;
  private final int cols;
  private final int paddedCols;
  private final int tile;
  private final int group;
  private final InputForm form;
  private final int blockSize;
  private final int scaleRun;

  /** Piece i has the columns from {@code cuts[i]} to {@code cuts[i + 1]}. */
  private final int[] cuts;

  /** The scales of the weights, {@code [blocks x rows]}. */
  private final float[] scales;

  /**
   * Copies the matrix.
   *
   * @param tile rows of a tile
   * @param maxPiece most columns of a piece, a multiple of {@link Input#BLOCK}
   * @param inputBlock columns of the input that share a scale, a multiple of {@link Input#BLOCK}
   * @param pool the threads that copy, and that will multiply
   */
  LookupLinear(
      Matrix matrix,
      BlockCodes codes,
      InputForm form,
      int tile,
      int maxPiece,
      int inputBlock,
      Arena arena,
      WorkerPool pool) {
    this.rows = matrix.rows();
    this.cols = matrix.cols();
    this.paddedCols = Input.pad(cols);
    this.form = form;
    this.tile = tile;
    int size = codes.blockSize(cols);
    this.blockSize = size == cols ? paddedCols : size;
    this.scaleRun = inputBlock;
    this.scales = new float[Math.multiplyExact(rows, paddedCols / blockSize)];
    this.cuts = cuts(maxPiece);
    this.group = group(pool.threads());
    this.tiles = arena.allocate((long) Math.ceilDiv(rows, tile) * tile * (paddedCols / STEP), 64);
    pack(matrix, codes, pool);
  }

  /** A cut wherever a scale changes; longer runs are cut into equal parts. */
  private int[] cuts(int maxPiece) {
    int[] all = new int[paddedCols / Input.BLOCK + 1];
    int count = 0;
    for (int begin = 0; begin < paddedCols; ) {
      int end = scaleEnd(begin);
      int parts = Math.ceilDiv(end - begin, maxPiece);
      int blocks = (end - begin) / Input.BLOCK;
      for (int i = 1; i <= parts; i++) {
        all[++count] = begin + blocks * i / parts * Input.BLOCK;
      }
      begin = end;
    }
    return Arrays.copyOf(all, count + 1);
  }

  /** The column behind those that have the same scales as column {@code begin}. */
  private int scaleEnd(int begin) {
    int weights = (begin / blockSize + 1) * blockSize;
    int inputs = (begin / scaleRun + 1) * scaleRun;
    return Math.min(Math.min(weights, inputs), paddedCols);
  }

  /**
   * Rows that share a load of the tables. Loading them disturbs the stream of weights, so more rows
   * are better, as long as there are groups for all threads. No result depends on it.
   */
  private int group(int threads) {
    if (cuts.length == 2) {
      return tile;
    }
    int rowsOfGroup = Math.ceilDiv(rows, threads * GROUPS_PER_THREAD);
    return Math.ceilDiv(Math.clamp(rowsOfGroup, MIN_GROUP, MAX_GROUP), tile) * tile;
  }

  /** Copies all rows on the threads of the pool. */
  private void pack(Matrix matrix, BlockCodes source, WorkerPool pool) {
    pool.run(
        Math.ceilDiv(rows, tile),
        (from, to, worker) -> {
          byte[] codes = new byte[paddedCols];
          float[] rowScales = new float[paddedCols / blockSize];
          for (int row = from * tile; row < Math.min(to * tile, rows); row++) {
            source.decodeCodes(matrix, row, codes, rowScales);
            packRow(row, codes);
            for (int b = 0; b < rowScales.length; b++) {
              scales[b * rows + row] = rowScales[b];
            }
          }
        });
  }

  private void packRow(int row, byte[] codes) {
    int lane = position(row % tile);
    for (int p = 0; p < cuts.length - 1; p++) {
      long at = tile(row / tile * tile, p) + lane;
      for (int c = cuts[p]; c < cuts[p + 1]; c += STEP, at += tile) {
        tiles.set(ValueLayout.JAVA_BYTE, at, (byte) index(codes, c));
      }
    }
  }

  /** Offset of a piece of the tile that begins at {@code row}. */
  private long tile(int row, int piece) {
    int first = row / group * group;
    int groupRows = Math.ceilDiv(Math.min(group, rows - first), tile) * tile;
    int steps = (cuts[piece + 1] - cuts[piece]) / STEP;
    return (long) first * (paddedCols / STEP)
        + (long) groupRows * (cuts[piece] / STEP)
        + (long) (row - first) * steps;
  }

  /** The place of a row's byte within a step. */
  abstract int position(int row);

  /** The byte for the weights of four columns from {@code c} on. */
  abstract int index(byte[] codes, int c);

  /** Writes the weights of a byte. */
  abstract void weights(int index, short[] out, int at, int stride);

  /** Adds the products of a tile with some columns to its sums. */
  abstract void lookUp(
      Input in, int token, int column, int steps, long tile, int[] sums, int at, Scratch scratch);

  @Override
  public final void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    for (int row = from; row < to; row += group) {
      multiplyGroup(in, tokens, out, row, Math.min(to, row + group), scratch);
    }
  }

  private void multiplyGroup(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    QuantizedInput q = in.quantized(form);
    int lanes = Math.ceilDiv(to - from, tile) * tile;
    int[] sums = scratch.sums(tokens * lanes);
    for (int t = 0; t < tokens; t++) {
      Arrays.fill(out, t * rows + from, t * rows + to, 0);
    }
    Arrays.fill(sums, 0, tokens * lanes, 0);
    for (int p = 0; p < cuts.length - 1; p++) {
      int steps = (cuts[p + 1] - cuts[p]) / STEP;
      long first = tile(from, p);
      for (int t = 0; t < tokens; t++) {
        long at = first;
        for (int lane = 0; lane < lanes; lane += tile, at += (long) tile * steps) {
          lookUp(in, t, cuts[p], steps, at, sums, t * lanes + lane, scratch);
        }
      }
      if (cuts[p + 1] == scaleEnd(cuts[p])) {
        for (int t = 0; t < tokens; t++) {
          float inputScale = q.scales[t * q.blocks() + cuts[p] / q.blockSize()];
          int scale = cuts[p] / blockSize * rows + from;
          int y = t * rows + from;
          for (int i = 0; i < to - from; i++) {
            out[y + i] += sums[t * lanes + i] * (scales[scale + i] * inputScale);
          }
        }
        Arrays.fill(sums, 0, tokens * lanes, 0);
      }
    }
  }

  /**
   * Writes the codes of a tile's columns, in plain loops.
   *
   * @param row first row of the tile, a multiple of {@link #lanes}
   * @param from first column, a multiple of {@link Input#BLOCK}
   * @param to column behind the last, a multiple of {@link Input#BLOCK} within the padded columns
   * @param panel receives the codes, {@code [columns x lanes]}; rows behind the last have any code
   */
  final void decodeTile(int row, int from, int to, short[] panel) {
    for (int p = 0; p < cuts.length - 1; p++) {
      int end = Math.min(to, cuts[p + 1]);
      for (int c = Math.max(from, cuts[p]); c < end; c += STEP) {
        long step = tile(row, p) + (long) (c - cuts[p]) / STEP * tile;
        for (int lane = 0; lane < tile; lane++) {
          int index = tiles.get(ValueLayout.JAVA_BYTE, step + position(lane)) & 0xff;
          weights(index, panel, (c - from) * tile + lane, tile);
        }
      }
    }
  }

  /** Returns the rows of a tile. */
  final int lanes() {
    return tile;
  }

  @Override
  public final int tileRows() {
    return group;
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
  public final InputForm form() {
    return form;
  }

  @Override
  public final long bytes() {
    return tiles.byteSize() + 4L * scales.length;
  }
}
