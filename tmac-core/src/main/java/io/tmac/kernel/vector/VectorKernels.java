package io.tmac.kernel.vector;

import io.tmac.Activations;
import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.Input;
import io.tmac.kernel.InputForm;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.Linear;
import io.tmac.kernel.Scratch;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;

/** Arithmetic with the Vector API. Touch this class only if the module is present. */
public final class VectorKernels implements KernelProvider {

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public int vectorBits() {
    return Species.BITS;
  }

  @Override
  public boolean readsFile(Matrix matrix, Activations activations) {
    return InputForm.of(matrix, activations) == InputForm.FLOAT;
  }

  @Override
  public Linear linear(Matrix matrix, Activations activations, Arena arena, WorkerPool pool) {
    if (readsFile(matrix, activations)) {
      return new FloatLinear(matrix);
    }
    BlockCodes codes = InputForm.codes(matrix);
    return switch (codes.range()) {
      case TERNARY -> ternary(matrix, codes, activations, arena, pool);
      case INT4 -> new Int4Linear(matrix, codes, arena, pool);
      case INT8 -> new Int8Linear(matrix, codes, arena, pool);
    };
  }

  private static Linear ternary(
      Matrix matrix, BlockCodes codes, Activations activations, Arena arena, WorkerPool pool) {
    if (activations == Activations.INT7) {
      return new Int7Lookup(matrix, codes, arena, pool);
    }
    return Species.WIDE_LOOKUP && WideLookup.fits(matrix.rows())
        ? new WideLookup(matrix, codes, arena, pool)
        : new NarrowLookup(matrix, codes, arena, pool);
  }

  @Override
  public void prepare(Input in, InputForm form, int token) {
    if (form != InputForm.FLOAT) {
      Quantizer.quantize(in, in.quantized(form), token);
    }
    switch (form) {
      case LOOKUP -> LookupTables.build(in, token);
      case INT7_LOOKUP -> LookupTables.buildInt7(in, token);
      case WIDE_LOOKUP -> LookupTables.buildWide(in, token);
      default -> {}
    }
  }

  @Override
  public void attend(
      float[] q,
      int qOffset,
      KvPages cache,
      int kvHead,
      int positions,
      Scratch scratch,
      float[] out,
      int outOffset) {
    Attention.attend(q, qOffset, cache, kvHead, positions, scratch, out, outOffset);
  }

  @Override
  public void swiglu(float[] gate, float[] up, int from, int to) {
    // Three passes, so that exp is one kernel; the first and last are vectorised by the compiler.
    for (int i = from; i < to; i++) {
      up[i] *= gate[i];
      gate[i] = -gate[i];
    }
    Exp.shiftedExp(gate, from, to, 0);
    for (int i = from; i < to; i++) {
      gate[i] = up[i] / (1 + gate[i]);
    }
  }
}
