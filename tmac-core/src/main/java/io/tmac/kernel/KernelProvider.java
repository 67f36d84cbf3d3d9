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
   * Attention of the query heads of some tokens that share a key and value head. Each token attends
   * to the positions of its window, up to its own: softmax of {@code q.k / sqrt(headDim)}, then the
   * weighted sum of the values. The result of a query does not depend on which queries it is
   * computed with.
   *
   * @param q queries {@code [tokens x kvHeads x group x headDim]}
   * @param cache keys and values of the layer
   * @param kvHead the key and value head
   * @param group number of query heads that share it
   * @param position position of the first token of {@code q}
   * @param from first query: head {@code from % group} of token {@code from / group}
   * @param to query behind the last
   * @param scratch memory that no other thread uses now
   * @param out receives the outputs of these queries, in the order of {@code q}
   */
  void attend(
      float[] q,
      KvPages cache,
      int kvHead,
      int group,
      int position,
      int from,
      int to,
      Scratch scratch,
      float[] out);

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
