package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.Species.ROW_FLOAT;
import static io.tmac.kernel.vector.Species.ROW_INT;

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
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

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
 * <p>Two tiles are looked up together, of one group or of two: they share the loads of the tables.
 *
 * <p>The sums of a piece are exact integers. They are added up until the weights or the input have
 * another scale.
 */
abstract sealed class LookupLinear implements PanelSource
    permits Int7Lookup, NarrowLookup, WideLookup {
  /** Columns whose weights share a byte. */
  static final int STEP = 4;

  /** Bounds of the rows of a group. */
  private static final int MIN_GROUP = 64;

  private static final int MAX_GROUP = 1024;

  /** Most rows whose weights of a piece stay in the L1 cache beside the tables of a token. */
  private static final int MAX_ROWS_PER_TABLE = 512;

  /** Groups for each thread, at least: they are the units that threads share. */
  private static final int GROUPS_PER_THREAD = 4;

  /** Columns that add up in 16 bits: {@code 256 * 127 < 32768}. */
  private static final int EXACT_COLS = 256;

  /** Elements of a pair in a table of sums of pairs. */
  private static final int PAIR = 16;

  final MemorySegment tiles;
  private final Twins twins;
  private final int rows;
  private final int cols;
  private final int paddedCols;
  private final int tile;
  private final int group;

  /** Rows of the units of work for a single token. */
  private final int unitRows;

  /**
   * Rows for which the tables of a piece and token are loaded once, if there are several tokens:
   * their weights stay in the L1 cache beside them, while one token after another is looked up.
   */
  private final int rowsPerTable;

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
      Twins twins,
      Arena arena,
      WorkerPool pool) {
    this.twins = twins;
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
    this.unitRows = Math.max(group, rows < 2 * tile * pool.threads() ? tile : 2 * tile);
    int most = Math.min(Math.ceilDiv(rows, pool.threads()), MAX_ROWS_PER_TABLE);
    this.rowsPerTable = Math.max(1, most / unitRows) * unitRows;
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

  @Override
  public final int scaleEnd(int begin) {
    int weights = (begin / blockSize + 1) * blockSize;
    int inputs = (begin / scaleRun + 1) * scaleRun;
    return Math.min(Math.min(weights, inputs), paddedCols);
  }

  /**
   * Rows that share a load of the tables. Loading them disturbs the stream of weights, so more rows
   * are better, as long as there are groups for all threads. No result depends on it.
   */
  private int group(int threads) {
    if (cuts.length == 2 || tile >= MIN_GROUP) {
      return tile;
    }
    int rowsOfGroup = Math.ceilDiv(rows, threads * GROUPS_PER_THREAD);
    return Math.ceilDiv(Math.clamp(rowsOfGroup, MIN_GROUP, MAX_GROUP), 2 * tile) * 2 * tile;
  }

  /**
   * Copies all rows on the threads of the pool. A tile is put together in the heap: before the
   * compiler has seen this method, an access to an array is many times faster than one to a
   * segment.
   */
  private void pack(Matrix matrix, BlockCodes source, WorkerPool pool) {
    byte[][] tileOfWorker = new byte[pool.threads()][]; // Some 100 KB each: less for the heap.
    pool.run(
        Math.ceilDiv(rows, tile),
        (from, to, worker) -> {
          byte[] codes = new byte[paddedCols];
          byte[] packed = new byte[paddedCols / STEP];
          float[] rowScales = new float[paddedCols / blockSize];
          if (tileOfWorker[worker] == null) {
            tileOfWorker[worker] = new byte[tile * (paddedCols / STEP)];
          }
          byte[] bytes = tileOfWorker[worker];
          for (int first = from * tile; first < Math.min(to * tile, rows); first += tile) {
            for (int row = first; row < Math.min(first + tile, rows); row++) {
              if (!source.decodePacked(matrix, row, packed, rowScales)) {
                source.decodeCodes(matrix, row, codes, rowScales);
                pack(codes, packed);
              }
              packRow(packed, indices(), bytes, place(row - first), tile);
              for (int b = 0; b < rowScales.length; b++) {
                scales[b * rows + row] = rowScales[b];
              }
            }
            for (int p = 0; p < cuts.length - 1; p++) {
              int at = cuts[p] / STEP * tile;
              int count = cuts[p + 1] / STEP * tile - at;
              MemorySegment.copy(bytes, at, tiles, ValueLayout.JAVA_BYTE, tile(first, p), count);
            }
          }
        });
  }

  /** Packs codes as {@link BlockCodes#decodePacked} does. */
  private static void pack(byte[] codes, byte[] packed) {
    for (int i = 0, c = 0; i < packed.length; i++, c += STEP) {
      int low = codes[c] & 3 | (codes[c + 1] & 3) << 2;
      packed[i] = (byte) (low | (codes[c + 2] & 3) << 4 | (codes[c + 3] & 3) << 6);
    }
  }

  private static void packRow(byte[] packed, byte[] indices, byte[] bytes, int at, int stride) {
    for (byte weights : packed) {
      bytes[at] = indices[weights & 0xff];
      at += stride;
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
  abstract int place(int row);

  /** The row whose byte has this place. */
  abstract int rowAt(int place);

  /** The bytes for four weights that are packed as {@link BlockCodes#decodePacked} says. */
  abstract byte[] indices();

  /** The pairs of weights of each byte: {@code (w0 + 1) * 3 + w1 + 1} and 16 times the other. */
  abstract byte[] bothPairs();

  /** For {@link #indices}: the byte for each four packed weights, from their pairs. */
  static byte[] indices(IntBinaryOperator indexOfPairs) {
    byte[] indices = new byte[256];
    for (int packed = 0; packed < indices.length; packed++) {
      indices[packed] = (byte) indexOfPairs.applyAsInt(pair(packed), pair(packed >> 4));
    }
    return indices;
  }

  /** For {@link #bothPairs}: the inverse of {@link #indices}. */
  static byte[] bothPairs(byte[] indices) {
    byte[] pairs = new byte[256];
    for (int packed = 0; packed < indices.length; packed++) {
      boolean defined = (packed & 0xaa & ~(packed << 1)) == 0;
      if (defined) {
        pairs[indices[packed] & 0xff] = (byte) (pair(packed) | pair(packed >> 4) << 4);
      }
    }
    return pairs;
  }

  private static int pair(int packed) {
    return ((packed << 30 >> 30) + 1) * 3 + (packed << 28 >> 30) + 1;
  }

  /**
   * Adds the products of two tiles with some columns to their sums. Two, because they share the
   * loads of the tables.
   *
   * @param in the input, with the tables of this layout
   * @param token which of its tokens
   * @param column the first column
   * @param steps how many steps of {@link #STEP} columns, {@link #cuts} apart at most
   * @param first where the weights of the first tile begin
   * @param second the same of the second tile; may be the first one
   * @param sums receives the sums {@code [2 x tile]}
   * @param at index of the first tile's first sum
   * @param scratch memory that no other thread uses now
   */
  abstract void lookUp(
      Input in,
      int token,
      int column,
      int steps,
      long first,
      long second,
      int[] sums,
      int at,
      Scratch scratch);

  /**
   * Writes the weights of some steps of a tile to {@code panel[at + column * Gemm.ROWS + place]}.
   */
  abstract void unpack(long from, int steps, short[] panel, int at);

  @Override
  public final int exactCols() {
    return EXACT_COLS;
  }

  @Override
  public final int rowOfLane(int lane) {
    return lane / tile * tile + rowAt(lane % tile);
  }

  @Override
  public final void unpack(int row, int count, int firstCol, int cols, Panel panel) {
    int lanes = Math.min(tile, Gemm.ROWS);
    for (int i = 0; i < count; i += lanes) {
      int first = (row + i) / tile * tile;
      for (int p = 0; p < cuts.length - 1; p++) {
        int begin = Math.max(firstCol, cuts[p]);
        int end = Math.min(firstCol + cols, cuts[p + 1]);
        if (begin < end) {
          long from = tile(first, p) + (long) (begin - cuts[p]) / STEP * tile + row + i - first;
          unpack(from, (end - begin) / STEP, panel.codes, (begin - firstCol) * Gemm.ROWS + i);
        }
      }
    }
    for (int c = 0; c < cols; c += Input.BLOCK) {
      int to = c / Input.HALF_BLOCK * Gemm.ROWS;
      int from = (firstCol + c) / blockSize * rows + row;
      for (int lane = 0; lane < Gemm.ROWS; lane++) {
        int r = rowOfLane(lane);
        if (r < count) {
          panel.weightScales[to + lane] = scales[from + r];
        }
      }
    }
  }

  @Override
  public final void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    if (usesGemm(tokens)) {
      Gemm.multiply(this, in, tokens, out, from, to, scratch);
      return;
    }
    int together = tokens == 1 ? Math.max(group, 2 * tile) : rowsPerTable;
    for (int row = from; row < to; row += together) {
      multiplyRows(in, tokens, out, row, Math.min(to, row + together), scratch);
    }
  }

  private boolean usesGemm(int tokens) {
    return tokens >= gemmTokens() && twins.gemm().vectors();
  }

  private void multiplyRows(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    QuantizedInput q = in.quantized(form);
    boolean vectors = in.has(form); // If not, they were not ready when the input was prepared.
    int tiles = Math.ceilDiv(to - from, tile);
    int lanes = Math.ceilDiv(tiles, 2) * 2 * tile;
    long[] tileAt = scratch.longs(tiles + 1);
    int[] sums = scratch.sums(tokens * lanes);
    for (int t = 0; t < tokens; t++) {
      Arrays.fill(out, t * rows + from, t * rows + to, 0);
    }
    Arrays.fill(sums, 0, tokens * lanes, 0);
    for (int p = 0; p < cuts.length - 1; p++) {
      int steps = (cuts[p + 1] - cuts[p]) / STEP;
      for (int i = 0; i < tiles; i++) {
        tileAt[i] = tile(from + i * tile, p);
      }
      tileAt[tiles] = tileAt[tiles - 1]; // Beside a last tile without neighbour.
      for (int t = 0; t < tokens; t++) {
        if (vectors) {
          for (int i = 0, at = t * lanes; i < tiles; i += 2, at += 2 * tile) {
            lookUp(in, t, cuts[p], steps, tileAt[i], tileAt[i + 1], sums, at, scratch);
          }
        } else {
          short[] pairs = pairSums(q, t, cuts[p], steps, scratch);
          for (int i = 0, at = t * lanes; i < tiles; i++, at += tile) {
            lookUpPlain(pairs, steps, tileAt[i], sums, at, scratch);
          }
        }
      }
      if (cuts[p + 1] == scaleEnd(cuts[p])) {
        for (int t = 0; t < tokens; t++) {
          float inputScale = q.scales[t * q.blocks() + cuts[p] / q.blockSize()];
          int scale = cuts[p] / blockSize * rows + from;
          int vectorRows = vectors ? to - from : 0;
          int scaled =
              scale(sums, t * lanes, scales, scale, inputScale, out, t * rows + from, vectorRows);
          for (int i = scaled; i < to - from; i++) {
            out[t * rows + from + i] += sums[t * lanes + i] * (scales[scale + i] * inputScale);
          }
        }
        Arrays.fill(sums, 0, tokens * lanes, 0);
      }
    }
  }

  /**
   * Adds scaled sums, {@code out[y + r] += sums[at + r] * (scales[w + r] * inputScale)}, for some
   * of {@code count} rows. The compiler would not make vectors of a plain loop: for all it knows,
   * what it writes to one array of floats is what it reads from the other a little later.
   *
   * @return how many rows it took
   */
  private static int scale(
      int[] sums, int at, float[] scales, int w, float inputScale, float[] out, int y, int count) {
    int lanes = ROW_INT.length();
    FloatVector input = FloatVector.broadcast(ROW_FLOAT, inputScale);
    int r = 0;
    for (; r <= count - 4 * lanes; r += 4 * lanes) {
      int i = r;
      FloatVector sum =
          (FloatVector) IntVector.fromArray(ROW_INT, sums, at + i).convert(VectorOperators.I2F, 0);
      FloatVector scale = FloatVector.fromArray(ROW_FLOAT, scales, w + i).mul(input);
      sum.mul(scale).add(FloatVector.fromArray(ROW_FLOAT, out, y + i)).intoArray(out, y + i);
      i += lanes;
      sum =
          (FloatVector) IntVector.fromArray(ROW_INT, sums, at + i).convert(VectorOperators.I2F, 0);
      scale = FloatVector.fromArray(ROW_FLOAT, scales, w + i).mul(input);
      sum.mul(scale).add(FloatVector.fromArray(ROW_FLOAT, out, y + i)).intoArray(out, y + i);
      i += lanes;
      sum =
          (FloatVector) IntVector.fromArray(ROW_INT, sums, at + i).convert(VectorOperators.I2F, 0);
      scale = FloatVector.fromArray(ROW_FLOAT, scales, w + i).mul(input);
      sum.mul(scale).add(FloatVector.fromArray(ROW_FLOAT, out, y + i)).intoArray(out, y + i);
      i += lanes;
      sum =
          (FloatVector) IntVector.fromArray(ROW_INT, sums, at + i).convert(VectorOperators.I2F, 0);
      scale = FloatVector.fromArray(ROW_FLOAT, scales, w + i).mul(input);
      sum.mul(scale).add(FloatVector.fromArray(ROW_FLOAT, out, y + i)).intoArray(out, y + i);
    }
    return r;
  }

  /** The sums of all pairs of weights and columns, {@code [steps x 2 x PAIR]}. */
  private static short[] pairSums(
      QuantizedInput q, int token, int column, int steps, Scratch scratch) {
    short[] sums = scratch.shorts(steps * 2 * PAIR);
    int c = token * q.paddedCols() + column;
    for (int at = 0; at < steps * 2 * PAIR; at += PAIR, c += 2) {
      int x0 = QuantizedInput.code(q.codes[c]);
      int x1 = QuantizedInput.code(q.codes[c + 1]);
      for (int w0 = -1; w0 <= 1; w0++) {
        int pair = at + (w0 + 1) * 3;
        sums[pair] = (short) (w0 * x0 - x1);
        sums[pair + 1] = (short) (w0 * x0);
        sums[pair + 2] = (short) (w0 * x0 + x1);
      }
    }
    return sums;
  }

  /** {@link #lookUp} in plain loops, in tables of pairs. */
  private void lookUpPlain(
      short[] pairs, int steps, long from, int[] sums, int at, Scratch scratch) {
    byte[] bytes = scratch.bytes(steps * tile);
    MemorySegment.copy(tiles, ValueLayout.JAVA_BYTE, from, bytes, 0, steps * tile);
    int[] places = scratch.ints;
    Arrays.fill(places, 0, tile, 0);
    addPairs(bytes, bothPairs(), pairs, steps, tile, places);
    for (int place = 0; place < tile; place++) {
      sums[at + rowAt(place)] += places[place];
    }
  }

  private static void addPairs(
      byte[] bytes, byte[] bothPairs, short[] pairs, int steps, int tile, int[] sums) {
    int i = 0;
    int table = 0;
    for (int s = 0; s < steps; s++) {
      for (int place = 0; place < tile; place++) {
        int both = bothPairs[bytes[i++] & 0xff];
        sums[place] += pairs[table + (both & 15)] + pairs[table + PAIR + (both >> 4 & 15)];
      }
      table += 2 * PAIR;
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
          int index = tiles.get(ValueLayout.JAVA_BYTE, step + place(lane)) & 0xff;
          int both = bothPairs()[index] & 0xff;
          int at = (c - from) * tile + lane;
          panel[at] = (short) ((both & 15) / 3 - 1);
          panel[at + tile] = (short) ((both & 15) % 3 - 1);
          panel[at + 2 * tile] = (short) ((both >> 4) / 3 - 1);
          panel[at + 3 * tile] = (short) ((both >> 4) % 3 - 1);
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
  public final int unitRows(int tokens) {
    if (tokens == 1) {
      return unitRows;
    }
    // Not whether the panels' kernel is ready: that may change while threads share the units.
    return tokens < gemmTokens() ? rowsPerTable : PanelSource.super.unitRows(tokens);
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
    return !usesGemm(tokens) && twins.matvec().vectors() ? form : form.codes();
  }

  @Override
  public final long bytes() {
    return tiles.byteSize() + 4L * scales.length;
  }
}
