package io.tmac.checkpoint;

import io.tmac.ModelConfig;
import io.tmac.format.WeightFormat;

/**
 * The order of llama2.c v0, which Q4V1, Q8V1, TMAC, TM2 and plug-in formats keep: each tensor
 * covers all layers.
 *
 * <pre>
 *   [magic]  7 x int32 header  [int32 block size: Q4V1, Q8V1]
 *   tok_embeddings  attention_norm  wq wk wv wo  ffn_norm  w1 w2 w3  norm
 *   rope_cosines rope_sines (float32, seq_len * headDim / 2 each; the transformer computes its own)
 *   [output, if vocab_size is negative]
 *
 *   Q4V1, Q8V1 and TM2 put a byte before each tensor: 1 = quantised matrix, 0 = float32.
 *   TM2 puts int32 rows, int32 cols (rows of all layers) behind that byte of a matrix. Some TM2
 *   files have another order: LayerMajorReader.
 * </pre>
 */
final class TensorMajorReader {

  /** What stands before the tensors besides their data. */
  enum Framing {
    /** Nothing. */
    PLAIN,
    /** A byte before each tensor, and the block size behind the header. */
    FLAGGED_BLOCKS,
    /** A byte before each tensor, and the shape before each matrix. */
    FLAGGED_SHAPES
  }

  /** The only block size of {@link Framing#FLAGGED_BLOCKS}. */
  static final int BLOCK = 32;

  private final ByteCursor in;
  private final WeightFormat format;
  private final Framing framing;
  private final ModelConfig config;
  private final boolean sharedClassifier;
  private final LlamaTensors tensors;

  private TensorMajorReader(
      ByteCursor in, LlamaHeader header, WeightFormat format, Framing framing) {
    this.in = in;
    this.format = format;
    this.framing = framing;
    this.config = header.config();
    this.sharedClassifier = header.sharedClassifier();
    this.tensors = new LlamaTensors(in, config);
  }

  /** Reads a file whose magic, if any, has been read. */
  static Checkpoint read(ByteCursor in, String container, WeightFormat format, Framing framing) {
    LlamaHeader header = LlamaHeader.read(in);
    if (framing == Framing.FLAGGED_SHAPES && LayerMajorReader.matches(in, header.config())) {
      return LayerMajorReader.read(in, container, header.config(), format);
    }
    if (framing == Framing.FLAGGED_BLOCKS) {
      int blockSize = in.int32("block size");
      if (blockSize != BLOCK) {
        throw in.fault(4, "block size " + BLOCK, "block size " + blockSize);
      }
    }
    return new TensorMajorReader(in, header, format, framing).read(container);
  }

  private Checkpoint read(String container) {
    single(Checkpoint.EMBEDDING);
    norms("attention_norm");
    stacked("wq");
    stacked("wk");
    stacked("wv");
    stacked("wo");
    norms("ffn_norm");
    stacked("w1");
    stacked("w2");
    stacked("w3");
    flag(Checkpoint.FINAL_NORM, 0);
    tensors.norm(Checkpoint.FINAL_NORM);
    ropeTable(Checkpoint.ROPE_COSINES);
    ropeTable(Checkpoint.ROPE_SINES);
    if (!sharedClassifier) {
      single(Checkpoint.OUTPUT);
    }
    return tensors.finish(container, "llama", format);
  }

  private void single(String name) {
    frame(name, 1);
    tensors.matrix(name, name, format);
  }

  private void stacked(String name) {
    frame(name, config.layers());
    tensors.stackedMatrix(name, format);
  }

  private void norms(String name) {
    flag(name, 0);
    tensors.layerNorms(name);
  }

  private void ropeTable(String name) {
    flag(name, 0);
    tensors.ropeTable(name);
  }

  /** Reads what stands before a matrix over {@code layers} layers. */
  private void frame(String name, int layers) {
    flag(name, 1);
    if (framing == Framing.FLAGGED_SHAPES) {
      tensors.expectShape(name, layers);
    }
  }

  private void flag(String name, int expected) {
    if (framing != Framing.PLAIN) {
      tensors.expectFlag(name, expected);
    }
  }
}
