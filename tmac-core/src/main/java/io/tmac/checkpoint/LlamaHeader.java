package io.tmac.checkpoint;

import io.tmac.ModelConfig;

/**
 * The seven int32 that begin llama2.c files and those of the formats that descend from it.
 *
 * <pre>
 *   dim | hidden_dim | n_layers | n_heads | n_kv_heads | vocab_size | seq_len
 * </pre>
 *
 * @param config the model's shape
 * @param sharedClassifier whether the embedding is also the classifier; a negative vocab_size says
 *     that it is not
 */
record LlamaHeader(ModelConfig config, boolean sharedClassifier) {
  private static final float ROPE_THETA = 10000f;
  private static final float RMS_NORM_EPS = 1e-5f;

  static LlamaHeader read(ByteCursor in) {
    int dim = positive(in, "dim");
    int hiddenDim = positive(in, "hidden_dim");
    int layers = positive(in, "n_layers");
    int heads = positive(in, "n_heads");
    if (dim % heads != 0 || dim / heads % 2 != 0) {
      throw in.fault(
          4, "n_heads that divides dim " + dim + " into heads of even width", "n_heads = " + heads);
    }
    int kvHeads = positive(in, "n_kv_heads");
    if (heads % kvHeads != 0) {
      throw in.fault(4, "n_kv_heads that divides n_heads " + heads, "n_kv_heads = " + kvHeads);
    }
    int vocabSize = in.int32("vocab_size");
    if (vocabSize == 0 || vocabSize == Integer.MIN_VALUE) {
      throw in.fault(4, "vocab_size other than 0 and -2^31", "vocab_size = " + vocabSize);
    }
    int contextLength = positive(in, "seq_len");
    ModelConfig config =
        new ModelConfig(
            dim,
            hiddenDim,
            layers,
            heads,
            kvHeads,
            dim / heads,
            Math.abs(vocabSize),
            contextLength,
            ROPE_THETA,
            RMS_NORM_EPS);
    return new LlamaHeader(config, vocabSize > 0);
  }

  private static int positive(ByteCursor in, String field) {
    int value = in.int32(field);
    if (value <= 0) {
      throw in.fault(4, "a positive " + field, field + " = " + value);
    }
    return value;
  }
}
