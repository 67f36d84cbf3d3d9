package io.tmac.kernel.vector;

import static io.tmac.kernel.vector.NibbleKernels.OFFSET;
import static io.tmac.kernel.vector.NibbleKernels.QUAD_BYTES;
import static io.tmac.kernel.vector.NibbleKernels.ROWS;
import static io.tmac.kernel.vector.Species.FLOAT_LE;
import static io.tmac.kernel.vector.Species.ORDER;
import static io.tmac.kernel.vector.Species.ROW_SHORT;
import static io.tmac.kernel.vector.Species.WIDE_SHORT;

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

/**
 * Codes of four or eight bits times int8 inputs, in 16-bit lanes that are rows: the input is
 * broadcast, and no sum runs across lanes. Codes of eight bits are two planes of four.
 *
 * <pre>
 *   tile of 16 rows, or of 32 with vectors of 512 bits:
 *     for each plane:
 *       cols / 4 x rows x int16   for each four columns, for each row: their nibbles, first lowest
 *     blocks x rows x float32     for each block of columns the scale of each row
 *     blocks x rows x float32     the same of minimums, if the weights have any
 *
 *   a block of weights has 32 columns, or 16 if their scales change so often; one of the input has
 *   32 or 16 too, and no more than one of weights
 *
 *   one plane:   nibble = code + 8
 *   two planes:  first nibble = code % 16, second nibble = code / 16 + 8 (rounded down)
 * </pre>
 *
 * <p>Nibbles are multiplied as they are, modulo 2^16; then {@code 8 * sum(x)} is taken off. {@code
 * |sum((nibble - 8) * x)| <= 32 * 8 * 127} fits into 16 bits, so that the sum of a block is exact.
 * Rows behind the last hold any weights, and their products are not read.
 */
final class NibbleLinear implements PanelSource {
  private static final int SCALES_BYTES = ROWS * Float.BYTES;
  private static final ValueLayout.OfShort SHORT_LE =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

  private static final int GEMM_TOKENS = 16;

  private final Twins twins;
  private final int rows;
  private final int cols;
  private final int planes;
  private final InputForm form;
  private final int block;
  private final int weightBlock;
  private final boolean minimums;
  private final int planeBytes;
  private final int scalesBytes;
  private final int tileBytes;
  private final MemorySegment tiles;

  /** Copies a matrix whose blocks are multiples of 32 columns, or of 16. */
  NibbleLinear(
      Matrix matrix, BlockCodes codes, int planes, Twins twins, Arena arena, WorkerPool pool) {
    this.twins = twins;
    this.rows = matrix.rows();
    this.cols = matrix.cols();
    this.planes = planes;
    this.form = InputForm.ofWideCodes(codes, cols);
    this.block = form == InputForm.INT8_BLOCKS ? Input.BLOCK : Input.HALF_BLOCK;
    boolean wholeBlocks = codes.blockSize(cols) % Input.BLOCK == 0;
    this.weightBlock = wholeBlocks ? Input.BLOCK : Input.HALF_BLOCK;
    this.minimums = codes.hasMinimums();
    this.planeBytes = cols / 4 * QUAD_BYTES;
    this.scalesBytes = cols / weightBlock * SCALES_BYTES;
    this.tileBytes = planes * planeBytes + (minimums ? 2 : 1) * scalesBytes;
    this.tiles = arena.allocate((long) tileBytes * Math.ceilDiv(rows, ROWS), 64);
    pack(matrix, codes, pool);
  }

  /** Copies all rows on the threads of the pool. A tile is put together in the heap. */
  private void pack(Matrix matrix, BlockCodes source, WorkerPool pool) {
    int blockSize = source.blockSize(cols);
    byte[][] tileOfWorker = new byte[pool.threads()][]; // Tens of KB each: less for the heap.
    byte[][] codesOfWorker = new byte[pool.threads()][];
    pool.run(
        Math.ceilDiv(rows, ROWS),
        (from, to, worker) -> {
          if (tileOfWorker[worker] == null) {
            tileOfWorker[worker] = new byte[tileBytes];
            codesOfWorker[worker] = new byte[cols];
          }
          byte[] codes = codesOfWorker[worker];
          float[] scales = new float[cols / blockSize];
          float[] minimums = new float[cols / blockSize];
          byte[] bytes = tileOfWorker[worker];
          for (int tile = from; tile < to; tile++) {
            for (int lane = 0; lane < Math.min(ROWS, rows - tile * ROWS); lane++) {
              source.decodeCodes(matrix, tile * ROWS + lane, codes, scales);
              packCodes(codes, bytes, lane);
              packFloats(scales, blockSize, bytes, planes * planeBytes + 4 * lane);
              if (this.minimums) {
                source.decodeMinimums(matrix, tile * ROWS + lane, minimums);
                int at = planes * planeBytes + scalesBytes + 4 * lane;
                packFloats(minimums, blockSize, bytes, at);
              }
            }
            MemorySegment.copy(
                bytes, 0, tiles, ValueLayout.JAVA_BYTE, (long) tile * tileBytes, tileBytes);
          }
        });
  }

  private void packFloats(float[] ofBlocks, int blockSize, byte[] bytes, int at) {
    for (int c = 0; c < cols; c += weightBlock, at += SCALES_BYTES) {
      put(bytes, at, Float.floatToRawIntBits(ofBlocks[c / blockSize]), 4);
    }
  }

  private void packCodes(byte[] codes, byte[] bytes, int lane) {
    int at = 2 * lane;
    for (int c = 0; c < cols; c += 4, at += QUAD_BYTES) {
      if (planes == 1) {
        int low = codes[c] + OFFSET | (codes[c + 1] + OFFSET) << 4;
        put(bytes, at, low | (codes[c + 2] + OFFSET) << 8 | (codes[c + 3] + OFFSET) << 12, 2);
      } else {
        int low = codes[c] & 15 | (codes[c + 1] & 15) << 4;
        put(bytes, at, low | (codes[c + 2] & 15) << 8 | (codes[c + 3] & 15) << 12, 2);
        int high = high(codes[c]) | high(codes[c + 1]) << 4;
        high |= high(codes[c + 2]) << 8 | high(codes[c + 3]) << 12;
        put(bytes, planeBytes + at, high, 2);
      }
    }
  }

  private static int high(byte code) {
    return (code >> 4) + OFFSET;
  }

  private static void put(byte[] bytes, int at, int value, int count) {
    for (int i = 0; i < count; i++) {
      bytes[at + i] = (byte) (value >> 8 * i);
    }
  }

  @Override
  public int gemmTokens() {
    return GEMM_TOKENS;
  }

  @Override
  public int exactCols() {
    return block;
  }

  @Override
  public boolean hasMinimums() {
    return minimums;
  }

  @Override
  public int scaleEnd(int col) {
    return (col / block + 1) * block;
  }

  @Override
  public int planes() {
    return planes;
  }

  @Override
  public void unpack(int row, int count, int firstCol, int cols, Panel panel) {
    for (int i = 0; i < count; i += ROWS) {
      long tile = tile(row + i);
      for (int plane = 0; plane < planes; plane++) {
        long from = tile + plane * planeBytes + firstCol / 4L * QUAD_BYTES;
        int to = plane * Gemm.COLS * Gemm.ROWS + i;
        for (int lane = 0; lane < ROWS; lane += ROW_SHORT.length()) {
          NibbleKernels.unpack(tiles, from + 2L * lane, cols, panel.codes, to + lane);
        }
      }
      unpackFloats(scales(tile), firstCol, cols, panel.weightScales, i);
      if (minimums) {
        unpackFloats(scales(tile) + scalesBytes, firstCol, cols, panel.minimums, i);
      }
    }
  }

  private void unpackFloats(long ofTile, int firstCol, int cols, float[] ofPanel, int lane) {
    for (int c = 0; c < cols; c += block) {
      long from = ofTile + (long) (firstCol + c) / weightBlock * SCALES_BYTES;
      int to = c / Input.HALF_BLOCK * Gemm.ROWS + lane;
      MemorySegment.copy(tiles, FLOAT_LE, from, ofPanel, to, ROWS);
    }
  }

  @Override
  public void multiply(Input in, int tokens, float[] out, int from, int to, Scratch scratch) {
    if (tokens >= GEMM_TOKENS && twins.gemm().vectors()) {
      Gemm.multiply(this, in, tokens, out, from, to, scratch);
      return;
    }
    QuantizedInput q = in.quantized(form);
    boolean vectors = twins.matvec().vectors();
    int count = Math.ceilDiv(to - from, ROWS);
    int half = Math.ceilDiv(count, 2);
    for (int i = 0; i < half; i++) {
      int row0 = from + i * ROWS;
      // The last tile stands in for one behind it.
      int row1 = from + Math.min(i + half, count - 1) * ROWS;
      for (int t = 0; t < tokens; t++) {
        if (vectors) {
          multiplyTiles(q, t, tile(row0), tile(row1), scratch);
        } else {
          multiplyTilePlain(q, t, tile(row0), scratch.ints, scratch.floats, 0);
          multiplyTilePlain(q, t, tile(row1), scratch.ints, scratch.floats, ROWS);
        }
        int y = t * rows;
        System.arraycopy(scratch.floats, 0, out, y + row0, Math.min(ROWS, to - row0));
        System.arraycopy(scratch.floats, ROWS, out, y + row1, Math.min(ROWS, to - row1));
      }
    }
  }

  /**
   * Multiplies the rows of two tiles by one token. They share the loads of the input. And as they
   * lie far apart, they are two streams from memory, each of which the processor prefetches. Two
   * planes are two streams by themselves.
   */
  private void multiplyTiles(QuantizedInput q, int token, long tile0, long tile1, Scratch scratch) {
    int second = q.blocks() * ROWS;
    short[] sums = scratch.shorts(2 * second);
    float[] y = scratch.floats;
    if (planes == 1) {
      addProducts(q, token, tile0, tile1, sums, second);
      long scales0 = scales(tile0);
      NibbleKernels.scale(
          tiles, scales0, scales(tile1), toMinimums(), weightBlock, q, token, sums, y);
    } else {
      addProducts(q, token, tile0, tile0 + planeBytes, sums, second);
      NibbleKernels.scalePlanes(
          tiles, scales(tile0), toMinimums(), weightBlock, q, token, sums, y, 0);
      addProducts(q, token, tile1, tile1 + planeBytes, sums, second);
      NibbleKernels.scalePlanes(
          tiles, scales(tile1), toMinimums(), weightBlock, q, token, sums, y, ROWS);
    }
  }

  /** The distance of minimums from scales, 0 if there are none. */
  private long toMinimums() {
    return minimums ? scalesBytes : 0;
  }

  private void addProducts(
      QuantizedInput q, int token, long plane0, long plane1, short[] sums, int second) {
    for (int lane = 0; lane < ROWS; lane += WIDE_SHORT.length()) {
      long at = 2L * lane;
      NibbleKernels.addProducts(tiles, plane0 + at, plane1 + at, q, token, sums, lane, second);
    }
  }

  /** The products of one tile in plain loops. */
  private void multiplyTilePlain(
      QuantizedInput q, int token, long tile, int[] sums, float[] y, int to) {
    Arrays.fill(y, to, to + ROWS, 0);
    for (int b = 0; b < q.blocks(); b++) {
      int offset = OFFSET * q.sums[token * q.blocks() + b];
      Arrays.fill(sums, 0, ROWS, 0);
      int x = token * q.paddedCols() + b * block;
      long quads = tile + (long) b * (block / 4) * QUAD_BYTES;
      addBlock(q, x, quads + (planes - 1L) * planeBytes, sums);
      for (int lane = 0; lane < ROWS; lane++) {
        sums[lane] -= offset;
      }
      if (planes == 2) {
        for (int lane = 0; lane < ROWS; lane++) {
          sums[lane] *= 16;
        }
        addBlock(q, x, quads, sums);
      }
      float scale = q.scales[token * q.blocks() + b];
      long weightScales = scales(tile) + weightBlock(b) * SCALES_BYTES;
      for (int lane = 0; lane < ROWS; lane++) {
        y[to + lane] += sums[lane] * (tiles.get(FLOAT_LE, weightScales + 4L * lane) * scale);
      }
    }
    if (minimums) {
      addMinimumsPlain(q, token, scales(tile) + scalesBytes, y, to);
    }
  }

  private void addMinimumsPlain(QuantizedInput q, int token, long ofTile, float[] y, int to) {
    int first = token * q.blocks();
    for (int lane = 0; lane < ROWS; lane++) {
      float z = 0;
      for (int b = 0; b < q.blocks(); b++) {
        long at = ofTile + weightBlock(b) * SCALES_BYTES + 4L * lane;
        z += tiles.get(FLOAT_LE, at) * (q.scales[first + b] * q.sums[first + b]);
      }
      y[to + lane] += z;
    }
  }

  /** The block of weights that a block of the input belongs to. */
  private long weightBlock(int inputBlock) {
    return (long) inputBlock * block / weightBlock;
  }

  private void addBlock(QuantizedInput q, int x, long quads, int[] sums) {
    for (int k = 0; k < block / 4; k++, x += 4, quads += QUAD_BYTES) {
      int x0 = QuantizedInput.code(q.codes[x]);
      int x1 = QuantizedInput.code(q.codes[x + 1]);
      int x2 = QuantizedInput.code(q.codes[x + 2]);
      int x3 = QuantizedInput.code(q.codes[x + 3]);
      for (int lane = 0; lane < ROWS; lane++) {
        int quad = tiles.get(SHORT_LE, quads + 2L * lane);
        int low = (quad & 15) * x0 + (quad >> 4 & 15) * x1;
        sums[lane] += low + (quad >> 8 & 15) * x2 + (quad >> 12 & 15) * x3;
      }
    }
  }

  private long tile(int row) {
    return (long) (row / ROWS) * tileBytes;
  }

  private long scales(long tile) {
    return tile + (long) planes * planeBytes;
  }

  @Override
  public int tileRows() {
    return ROWS;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int cols() {
    return cols;
  }

  @Override
  public InputForm form(int tokens) {
    return form;
  }

  @Override
  public long bytes() {
    return tiles.byteSize();
  }
}
