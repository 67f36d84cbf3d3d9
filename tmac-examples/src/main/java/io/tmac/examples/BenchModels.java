package io.tmac.examples;

import io.tmac.ModelConfig;
import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;

/** The random models that can be measured, by the names that the command line gives them. */
final class BenchModels {
  private static final int CONTEXT_LENGTH = 1024;
  private static final int INT8_GROUP = 32;

  private BenchModels() {}

  /** The shape of this name: llama2.c's 110M, TinyLlama 1.1B, or BitNet b1.58 2B. */
  static ModelConfig shape(String name) {
    return switch (name) {
      case "110M" -> shape(768, 2048, 12, 12, 12, 32_000);
      case "1B" -> shape(2048, 5632, 22, 32, 4, 32_000);
      case "2B" -> shape(2560, 6912, 30, 20, 5, 128_256);
      default -> throw new IllegalArgumentException("must be 110M, 1B or 2B: " + name);
    };
  }

  private static ModelConfig shape(
      int dim, int hiddenDim, int layers, int heads, int kvHeads, int vocabSize) {
    return new ModelConfig(
        dim,
        hiddenDim,
        layers,
        heads,
        kvHeads,
        dim / heads,
        vocabSize,
        CONTEXT_LENGTH,
        10_000f,
        1e-5f);
  }

  /** The format of this name, for layers and embedding. */
  static WeightFormat format(String name) {
    return switch (name) {
      case "f32" -> new F32();
      case "int4" -> new Int4();
      case "ternary_v1" -> new TernaryV1();
      case "ternary_v2" -> new TernaryV2();
      default ->
          throw new IllegalArgumentException(
              "must be f32, int4, ternary_v1 or ternary_v2: " + name);
    };
  }

  /** The format of this name, for the classifier. */
  static WeightFormat head(String name) {
    return switch (name) {
      case "f32" -> new F32();
      case "int8" -> new Int8(Int8.Layout.GROUPS, INT8_GROUP);
      case "int4" -> new Int4();
      case "ternary" -> new TernaryV2();
      default -> throw new IllegalArgumentException("must be f32, int8, int4 or ternary: " + name);
    };
  }

  /** The memory of a model's weights in bytes, to about an eighth. */
  static long bytes(ModelConfig config, WeightFormat format, WeightFormat head) {
    int dim = config.dim();
    long layer =
        format.byteSize(config.queryDim() + 2L * config.kvDim(), dim)
            + format.byteSize(dim, config.queryDim())
            + format.byteSize(2L * config.hiddenDim(), dim)
            + format.byteSize(dim, config.hiddenDim());
    // Kernels read float32 in place, the embedding too; of other formats they have a copy.
    boolean shared = head instanceof F32 && format instanceof F32;
    return config.layers() * layer
        + format.byteSize(config.vocabSize(), dim)
        + (shared ? 0 : head.byteSize(config.vocabSize(), dim));
  }
}
