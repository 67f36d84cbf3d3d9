package io.tmac.kernel;

import io.tmac.Activations;
import io.tmac.format.Matrix;
import java.lang.foreign.Arena;

/**
 * The arithmetic of a model: one implementation in plain loops, one with the Vector API. Stateless
 * and safe for use by many threads.
 */
public interface KernelProvider {

  /** Returns the provider's name, {@code "scalar"} or {@code "vector"}. */
  String name();

  /** Returns the width of its vectors in bits; 0 if it has none. */
  int vectorBits();

  /**
   * Whether {@link #linear} goes on reading the matrix's own bytes instead of copying them.
   *
   * @param matrix the matrix
   * @param activations how the kernel may represent its input
   * @return true if the bytes must stay accessible
   */
  boolean readsFile(Matrix matrix, Activations activations);

  /**
   * Puts a matrix into the layout of the kernel that fits its format and shape. A kernel that reads
   * the file's own bytes keeps the matrix; otherwise the copy lives in {@code arena}.
   *
   * @param matrix the matrix
   * @param activations how the kernel may represent its input
   * @param arena owner of the copy
   * @param pool threads that share the work
   * @return the matrix, ready to multiply
   */
  Linear linear(Matrix matrix, Activations activations, Arena arena, WorkerPool pool);

  /**
   * Prepares one token of an input for kernels that read {@code form}.
   *
   * @param in the input; its values are set and room for the form is reserved
   * @param form the form
   * @param token the token, from 0
   */
  void prepare(Input in, InputForm form, int token);

  /**
   * Attention of one query head to all positions up to its own: softmax of {@code scale * q.k},
   * then the weighted sum of the values.
   *
   * @param q queries
   * @param qOffset index of the head's query, {@code headDim} values
   * @param cache keys and values of the head's layer
   * @param kvHead the key and value head that the query head uses
   * @param positions number of positions to attend to
   * @param scratch memory that no other thread uses now
   * @param out receives the head's output
   * @param outOffset index of the output, {@code headDim} values
   */
  void attend(
      float[] q,
      int qOffset,
      KvPages cache,
      int kvHead,
      int positions,
      Scratch scratch,
      float[] out,
      int outOffset);

  /**
   * The gate of the feed-forward layer: {@code gate[i] = silu(gate[i]) * up[i]}.
   *
   * @param gate gates, overwritten
   * @param up values to be gated
   * @param from first index
   * @param to index behind the last
   */
  void swiglu(float[] gate, float[] up, int from, int to);
}
