package io.tmac.kernel.vector;

import io.tmac.KvCacheType;
import io.tmac.format.BlockCodes;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** The warm-ups of this JVM, and small loads for all vector kernels that have a plain twin. */
final class Warmups {
  /** All that is not a matrix: attention, activation functions, the preparation of inputs. */
  static final Warmup STEPS = new Warmup("step", Warmups::steps);

  private static final Map<Layout, Twins> LAYOUTS = new EnumMap<>(Layout.class);

  /** Some tiles of any layout. */
  private static final int ROWS = 4 * WideLookup.TILE;

  private static final int COLS = 32;

  static {
    for (Layout layout : Layout.values()) {
      LAYOUTS.put(
          layout,
          new Twins(
              new Warmup(layout + " matrix-vector", () -> matvec(layout)),
              new Warmup(layout + " matrix-matrix", () -> gemm(layout))));
    }
  }

  private Warmups() {}

  /** The products of matrices in a layout. */
  static Twins of(Layout layout) {
    return LAYOUTS.get(layout);
  }

  /** Codes that are all zero, with a scale for each block. */
  private record Zeros(Range range) implements BlockCodes {
    @Override
    public int blockSize(int cols) {
      return range == Range.TERNARY ? cols : Input.BLOCK;
    }

    @Override
    public boolean hasMinimums() {
      return range != Range.TERNARY;
    }

    @Override
    public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
      Arrays.fill(scales, 1);
    }
  }

  private static Warmup.Load matvec(Layout layout) {
    VectorKernels kernels = new VectorKernels();
    PanelSource matrix = matrix(layout);
    InputForm form = matrix.form(1);
    Input in = new Input(COLS);
    in.reserve(1);
    in.reserve(form, 1);
    float[] out = new float[ROWS];
    Scratch scratch = new Scratch(COLS);
    Runnable work =
        () -> {
          kernels.prepare(in, form, 0);
          matrix.multiply(in, 1, out, 0, ROWS, scratch);
        };
    return new Warmup.Load(work, ROWS * COLS / 8);
  }

  private static Warmup.Load gemm(Layout layout) {
    int tokens = Gemm.TOKENS;
    PanelSource matrix = matrix(layout);
    Input in = new Input(COLS);
    in.reserve(tokens);
    in.reserve(matrix.form(tokens), tokens);
    float[] out = new float[tokens * ROWS];
    Scratch scratch = new Scratch(COLS);
    Runnable work = () -> Gemm.multiply(matrix, in, tokens, out, 0, ROWS, scratch);
    return new Warmup.Load(work, tokens * ROWS * COLS / 8);
  }

  private static PanelSource matrix(Layout layout) {
    Arena arena = Arena.ofAuto();
    Matrix matrix = new Matrix("zero", ROWS, COLS, new F32(), arena.allocate(4L * ROWS * COLS), 0);
    try (WorkerPool pool = new WorkerPool(1)) {
      return layout.copy(matrix, new Zeros(layout.range()), Twins.VECTORS, arena, pool);
    }
  }

  private static Warmup.Load steps() {
    VectorKernels kernels = new VectorKernels();
    Input in = new Input(COLS);
    in.reserve(1);
    in.reserve(InputForm.INT8_TOKEN, 1);
    in.reserve(InputForm.INT8_BLOCKS, 1);
    int queries = 4;
    KvPages cache = new KvPages(KvCacheType.F32, 1, COLS);
    cache.reserve(1);
    float[] values = new float[2 * queries * COLS];
    float[] out = new float[2 * queries * COLS];
    Scratch scratch = new Scratch(COLS);
    Runnable work =
        () -> {
          kernels.prepare(in, InputForm.INT8_TOKEN, 0);
          kernels.prepare(in, InputForm.INT8_BLOCKS, 0);
          kernels.swiglu(values, values, 0, COLS);
          // A block of four queries, and a single one.
          kernels.attend(values, cache, 0, queries, 0, 0, queries + 1, scratch, out);
        };
    return new Warmup.Load(work, 4000);
  }
}
