package io.tmac.checkpoint;

import io.tmac.UnsupportedModelException;
import io.tmac.format.F32;
import io.tmac.format.Int8;
import io.tmac.format.WeightFormat;

/**
 * llama2.c versions 1 (float32) and 2 (int8 groups).
 *
 * <pre>
 *   0   "24ka"   4   int32 version   8   7 x int32 header   36  uint8 shared classifier
 *   37  int32 group size (version 2; unaligned)             256 tensors
 *
 *   attention_norm ffn_norm (all layers) norm               float32
 *   tok_embeddings  wq wk wv wo w1 w2 w3 (all layers of one kind, then the next)
 *   output, if not shared
 * </pre>
 */
final class VersionedReader {
  private static final int HEADER_BYTES = 256;
  private static final String[] MATRICES = {"wq", "wk", "wv", "wo", "w1", "w2", "w3"};

  private VersionedReader() {}

  /** Reads a file whose magic has been read. */
  static Checkpoint read(ByteCursor in) {
    int version = in.int32("version");
    if (version != 1 && version != 2) {
      throw new UnsupportedModelException(
          in.source(), 4, "llama2.c version 1 or 2", "version " + version);
    }
    LlamaHeader header = LlamaHeader.read(in);
    if (!header.sharedClassifier()) {
      throw in.fault(
          8,
          "a positive vocab_size; from version 1 on a flag says if the classifier is shared",
          "vocab_size = -" + header.config().vocabSize());
    }
    int shared = in.uint8("shared classifier flag");
    if (shared > 1) {
      throw in.fault(1, "shared classifier flag 0 or 1", "flag " + shared);
    }
    WeightFormat format = version == 1 ? new F32() : groups(in, header);
    in.take(HEADER_BYTES - in.position(), "header up to byte " + HEADER_BYTES);

    LlamaTensors tensors = new LlamaTensors(in, header.config());
    tensors.layerNorms("attention_norm");
    tensors.layerNorms("ffn_norm");
    tensors.norm(Checkpoint.FINAL_NORM);
    tensors.matrix(Checkpoint.EMBEDDING, Checkpoint.EMBEDDING, format);
    for (String name : MATRICES) {
      for (int layer = 0; layer < header.config().layers(); layer++) {
        tensors.matrix("layers." + layer + "." + name, name, format);
      }
    }
    if (shared == 0) {
      tensors.matrix(Checkpoint.OUTPUT, Checkpoint.OUTPUT, format);
    }
    return tensors.finish("llama2.c v" + version, "llama", format);
  }

  private static WeightFormat groups(ByteCursor in, LlamaHeader header) {
    int groupSize = in.int32("group size");
    // The exporter makes the group divide dim, which divides the size of every matrix.
    if (groupSize <= 0 || header.config().dim() % groupSize != 0) {
      throw in.fault(
          4, "a group size that divides dim " + header.config().dim(), "group size " + groupSize);
    }
    return new Int8(Int8.Layout.CODES_THEN_SCALES, groupSize);
  }
}
