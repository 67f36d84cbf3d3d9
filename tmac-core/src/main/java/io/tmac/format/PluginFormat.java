package io.tmac.format;

/**
 * A weight format that an application adds. Name the class in {@code
 * META-INF/services/io.tmac.format.PluginFormat} or in a module's {@code provides} clause, and
 * {@code Model.load} reads files that begin with its magic.
 *
 * <p>Such a file is: the 4 magic bytes, the seven int32 of a llama2.c v0 header (dim, hidden_dim,
 * n_layers, n_heads, n_kv_heads, vocab_size, seq_len; a negative vocab_size means that a classifier
 * follows), then the tensors in v0's order. The token embedding, wq, wk, wv, wo, w1, w2, w3 and the
 * classifier are stored by this format, each as one tensor over all layers of {@link #byteSize}
 * bytes; norms and the two RoPE tables are float32.
 *
 * <p>A plug-in is correct once {@link #decodeRow} exists. It is fast once {@link #codes} offers an
 * integer view, which names one of the built-in kernels.
 */
public non-sealed interface PluginFormat extends WeightFormat {

  /**
   * The first four bytes of a file of this format.
   *
   * @return four bytes, read in file order; it must not be a magic that the library itself knows
   */
  byte[] magic();
}
