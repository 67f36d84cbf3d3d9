package io.tmac.kernel.vector;

import io.tmac.Activations;
import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.kernel.WorkerPool;
import java.lang.foreign.Arena;

/** The layouts of matrices of integer codes. */
enum Layout {
  /** {@link NarrowLookup}. */
  NARROW,
  /** {@link WideLookup}. */
  WIDE,
  /** {@link Int7Lookup}. */
  INT7,
  /** {@link NibbleLinear} with one plane. */
  INT4,
  /** {@link NibbleLinear} with two planes. */
  INT8;

  /** The layout for a matrix. */
  static Layout of(Matrix matrix, BlockCodes codes, Activations activations) {
    return switch (codes.range()) {
      case TERNARY -> ternary(matrix, activations);
      case INT4 -> INT4;
      case INT8 -> INT8;
    };
  }

  private static Layout ternary(Matrix matrix, Activations activations) {
    if (activations == Activations.INT7) {
      return INT7;
    }
    return Species.WIDE_LOOKUP && WideLookup.fits(matrix.rows()) ? WIDE : NARROW;
  }

  /** The range of the codes that it holds. */
  BlockCodes.Range range() {
    return switch (this) {
      case NARROW, WIDE, INT7 -> BlockCodes.Range.TERNARY;
      case INT4 -> BlockCodes.Range.INT4;
      case INT8 -> BlockCodes.Range.INT8;
    };
  }

  /** Copies a matrix into this layout. */
  PanelSource copy(Matrix matrix, BlockCodes codes, Twins twins, Arena arena, WorkerPool pool) {
    return switch (this) {
      case NARROW -> new NarrowLookup(matrix, codes, twins, arena, pool);
      case WIDE -> new WideLookup(matrix, codes, twins, arena, pool);
      case INT7 -> new Int7Lookup(matrix, codes, twins, arena, pool);
      case INT4 -> new NibbleLinear(matrix, codes, 1, twins, arena, pool);
      case INT8 -> new NibbleLinear(matrix, codes, 2, twins, arena, pool);
    };
  }
}
