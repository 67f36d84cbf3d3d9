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

  /** When to use vectors. */
  public enum Mode {
    /** From the first call on. */
    VECTORS,
    /** Once the compiler is done with them, which a thread in the background finds out. */
    VECTORS_WHEN_COMPILED,
    /** Never: plain loops over the same layouts, with the same results. */
    PLAIN
  }

  private final Mode mode;
  private final Readiness steps;

  /** Creates a provider that uses vectors from the first call on. */
  public VectorKernels() {
    this(Mode.VECTORS);
  }

  /** Creates a provider. */
  public VectorKernels(Mode mode) {
    this.mode = mode;
    this.steps = mode == Mode.VECTORS_WHEN_COMPILED ? Warmups.STEPS : fixed();
  }

  private Readiness fixed() {
    return mode == Mode.VECTORS ? Readiness.ALWAYS : Readiness.NEVER;
  }

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
    return linear(matrix, InputForm.codes(matrix), arena, pool);
  }

  /** Copies a matrix of integer codes. */
  PanelSource linear(Matrix matrix, BlockCodes codes, Arena arena, WorkerPool pool) {
    boolean warm = mode == Mode.VECTORS_WHEN_COMPILED;
    Readiness matvec = warm ? Warmups.matvec(codes.range()) : fixed();
    Readiness gemm = warm ? Warmups.gemm(codes.range()) : fixed();
    return switch (codes.range()) {
      case TERNARY -> new NarrowLookup(matrix, codes, matvec, gemm, arena, pool);
      case INT4 -> new Int4Linear(matrix, codes, matvec, gemm, arena, pool);
      case INT8 -> new Int8Linear(matrix, codes, matvec, gemm, arena, pool);
    };
  }

  @Override
  public void prepare(Input in, InputForm form, int token) {
    if (form == InputForm.FLOAT) {
      return;
    }
    boolean vectors = steps.vectors();
    Quantizer.quantize(in, in.quantized(form), token, vectors);
    if (form == InputForm.LOOKUP) {
      if (vectors) {
        LookupTables.build(in, token);
      } else {
        LookupTables.buildPlain(in, token);
      }
    }
  }

  @Override
  public void attend(
      float[] q,
      KvPages cache,
      int kvHead,
      int group,
      int position,
      int from,
      int to,
      Scratch scratch,
      float[] out) {
    boolean vectors = steps.vectors();
    Attention.attend(q, cache, kvHead, group, position, from, to, scratch, out, vectors);
  }

  @Override
  public void swiglu(float[] gate, float[] up, int from, int to) {
    // Three passes, so that exp is one kernel; the first and last are vectorised by the compiler.
    for (int i = from; i < to; i++) {
      up[i] *= gate[i];
      gate[i] = -gate[i];
    }
    Exp.shiftedExp(gate, from, to, 0, steps.vectors());
    for (int i = from; i < to; i++) {
      gate[i] = up[i] / (1 + gate[i]);
    }
  }
}
