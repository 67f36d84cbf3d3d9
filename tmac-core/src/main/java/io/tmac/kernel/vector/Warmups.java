package io.tmac.kernel.vector;

import io.tmac.KvCacheType;
import io.tmac.format.BlockCodes;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Linear;
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

  private static final Map<BlockCodes.Range, Warmup> MATVEC = new EnumMap<>(BlockCodes.Range.class);
  private static final Map<BlockCodes.Range, Warmup> GEMM = new EnumMap<>(BlockCodes.Range.class);

  private static final int ROWS = 64;
  private static final int COLS = 64;

  static {
    for (BlockCodes.Range range : BlockCodes.Range.values()) {
      MATVEC.put(range, new Warmup(range + " matrix-vector", () -> product(range, 1)));
      GEMM.put(range, new Warmup(range + " matrix-matrix", () -> product(range, Gemm.TOKENS)));
    }
  }

  private Warmups() {}

  /** The product of a matrix and one token. */
  static Warmup matvec(BlockCodes.Range range) {
    return MATVEC.get(range);
  }

  /** The product of a matrix and several tokens. */
  static Warmup gemm(BlockCodes.Range range) {
    return GEMM.get(range);
  }

  /** Codes that are all zero, with a scale for each block. */
  private record Zeros(Range range) implements BlockCodes {
    @Override
    public int blockSize(int cols) {
      return range == Range.TERNARY ? cols : Input.BLOCK;
    }

    @Override
    public void decodeCodes(Matrix matrix, int row, byte[] codes, float[] scales) {
      Arrays.fill(scales, 1);
    }
  }

  private static Warmup.Load product(BlockCodes.Range range, int tokens) {
    VectorKernels kernels = new VectorKernels();
    Arena arena = Arena.ofAuto();
    Matrix matrix = new Matrix("zero", ROWS, COLS, new F32(), arena.allocate(4L * ROWS * COLS), 0);
    Linear linear;
    try (WorkerPool pool = new WorkerPool(1)) {
      linear = kernels.linear(matrix, new Zeros(range), arena, pool);
    }
    Input in = new Input(COLS);
    in.reserve(tokens);
    in.reserve(linear.form(), tokens);
    for (int token = 0; token < tokens; token++) {
      kernels.prepare(in, linear.form(), token);
    }
    float[] out = new float[tokens * ROWS];
    Scratch scratch = new Scratch(COLS);
    Runnable work = () -> linear.multiply(in, tokens, out, 0, ROWS, scratch);
    // About an operation for each four weights, and as many to begin and end.
    return new Warmup.Load(work, tokens * ROWS * COLS / 2);
  }

  private static Warmup.Load steps() {
    VectorKernels kernels = new VectorKernels();
    Input in = new Input(COLS);
    in.reserve(1);
    in.reserve(InputForm.LOOKUP, 1);
    in.reserve(InputForm.INT8_BLOCKS, 1);
    int queries = 4;
    KvPages cache = new KvPages(KvCacheType.F32, 1, COLS);
    cache.reserve(1);
    float[] values = new float[2 * queries * COLS];
    float[] out = new float[2 * queries * COLS];
    Scratch scratch = new Scratch(COLS);
    Runnable work =
        () -> {
          kernels.prepare(in, InputForm.LOOKUP, 0);
          kernels.prepare(in, InputForm.INT8_BLOCKS, 0);
          kernels.swiglu(values, values, 0, COLS);
          // A block of four queries, and a single one.
          kernels.attend(values, cache, 0, queries, 0, 0, queries + 1, scratch, out);
        };
    return new Warmup.Load(work, 4000);
  }
}
