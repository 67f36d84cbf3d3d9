package io.tmac.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Working memory of one thread of one session: kernels must not allocate. */
public final class Scratch {
  /** Rows that a float kernel computes together. */
  public static final int FLOAT_ROWS = 4;

  /** For sums over a tile of rows of any layout. */
  public final int[] ints = new int[8 * Linear.TILE];

  /** For the lanes of a dozen float vectors: {@code 12 * Linear.TILE} elements. */
  public final float[] floats = new float[12 * Linear.TILE];

  /** One decoded row. */
  public final float[] row;

  /** The codes of one row. */
  public final byte[] codes;

  /** The scales of one row. */
  public final float[] scales;

  /** The minimums of one row. */
  public final float[] minimums;

  /** Room for {@link #FLOAT_ROWS} decoded rows outside the heap. */
  public final MemorySegment rows;

  /** For the matrix-matrix product; see {@link Panel}. */
  public final Panel panel = new Panel();

  private byte[] bytes = {};
  private int[] sums = {};
  private short[] shorts = {};
  private long[] longs = {};
  private float[] rowPanel = {};
  private AttentionScratch attention;
  private int headDim;

  /** Creates working memory for matrices of up to {@code maxCols} columns. */
  public Scratch(int maxCols) {
    row = new float[maxCols];
    codes = new byte[maxCols];
    scales = new float[maxCols];
    minimums = new float[maxCols];
    rows = Arena.ofAuto().allocate(4L * FLOAT_ROWS * maxCols, 64);
  }

  /** Returns room for at least {@code count} bytes of weights. */
  public byte[] bytes(int count) {
    if (bytes.length < count) {
      bytes = new byte[count];
    }
    return bytes;
  }

  /** Returns room for at least {@code count} sums. */
  public int[] sums(int count) {
    if (sums.length < count) {
      sums = new int[count];
    }
    return sums;
  }

  /** Returns room for at least {@code count} partial sums. */
  public short[] shorts(int count) {
    if (shorts.length < count) {
      shorts = new short[count];
    }
    return shorts;
  }

  /** Returns room for at least {@code count} offsets. */
  public long[] longs(int count) {
    if (longs.length < count) {
      longs = new long[count];
    }
    return longs;
  }

  /** Returns room for {@link #FLOAT_ROWS} decoded rows in the heap. */
  public float[] rowPanel() {
    if (rowPanel.length == 0) {
      rowPanel = new float[FLOAT_ROWS * row.length];
    }
    return rowPanel;
  }

  /** Returns room for attention with heads of {@code headDim} dimensions. */
  public AttentionScratch attention(int headDim) {
    if (this.headDim != headDim) {
      this.headDim = headDim;
      attention = new AttentionScratch(headDim);
    }
    return attention;
  }
}
