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
    this.steps =
        switch (mode) {
          case VECTORS -> Readiness.ALWAYS;
          case VECTORS_WHEN_COMPILED -> Warmups.STEPS;
          case PLAIN -> Readiness.NEVER;
        };
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
    BlockCodes codes = InputForm.codes(matrix);
    Layout layout = Layout.of(matrix, codes, activations);
    return layout.copy(matrix, codes, twins(layout), arena, pool);
  }

  private Twins twins(Layout layout) {
    return switch (mode) {
      case VECTORS -> Twins.VECTORS;
      case VECTORS_WHEN_COMPILED -> Warmups.of(layout);
      case PLAIN -> Twins.PLAIN;
    };
  }

  @Override
  public void prepare(Input in, InputForm form, int token) {
    if (form == InputForm.FLOAT) {
      return;
    }
    Quantizer.quantize(in, in.quantized(form), token, steps.vectors());
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
