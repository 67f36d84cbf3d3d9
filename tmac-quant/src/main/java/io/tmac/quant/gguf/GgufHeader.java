package io.tmac.quant.gguf;

import io.tmac.ModelConfig;
import io.tmac.RopeScaling;
import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.checkpoint.gguf.GgufMetadata;
import io.tmac.format.Matrix;
import io.tmac.tokenizer.SentencePieceVocabulary;
import io.tmac.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a GGUF file says of a model beside its matrices. From another GGUF file it is copied as it
 * is; from other files it is written anew, in the terms of llama.cpp.
 */
public final class GgufHeader {
  private static final String ROPE_FREQS = "rope_freqs.weight";

  /** What describes the other file, not the model. */
  private static final Set<String> OF_THE_FILE =
      Set.of("general.file_type", "general.quantization_version", "general.alignment");

  private final GgufEntries entries = new GgufEntries();
  private final Map<String, float[]> vectors = new LinkedHashMap<>();

  private GgufHeader() {}

  /** Returns the metadata. */
  public GgufEntries entries() {
    return entries;
  }

  /** Returns tensors that belong to the position embedding, by name; often none. */
  public Map<String, float[]> vectors() {
    return vectors;
  }

  /**
   * The architecture by llama.cpp's name.
   *
   * @param checkpoint the model
   * @return {@code llama}, {@code qwen2} or {@code qwen3}
   * @throws UnsupportedModelException if it is another one
   */
  public static String architecture(Checkpoint checkpoint) {
    return switch (checkpoint.architecture()) {
      case "llama", "mistral", "smollm2" -> "llama";
      case "qwen2", "qwen3" -> checkpoint.architecture();
      default ->
          throw new UnsupportedModelException(
              checkpoint.source(),
              0,
              "a model of the families llama, mistral, qwen2 or qwen3",
              checkpoint.architecture() + ", whose weights are not rounded here");
    };
  }

  /**
   * Describes a model.
   *
   * @param checkpoint the model as it was read
   * @param model its file or folder
   * @param tokenizer its {@code tokenizer.bin}, or null for what the model brings along or what is
   *     beside it
   * @param fileType llama.cpp's number for the format of most matrices
   * @return the description
   * @throws TmacException if there is no tokenizer, which a GGUF file must hold
   * @throws UnsupportedModelException if tokenizer or model cannot be said in a GGUF file
   * @throws IOException if the tokenizer cannot be read
   */
  public static GgufHeader of(Checkpoint checkpoint, Path model, Path tokenizer, int fileType)
      throws IOException {
    GgufHeader header = new GgufHeader();
    String architecture = architecture(checkpoint);
    if (tokenizer == null
        && checkpoint.tokenizer().orElse(null) instanceof TokenizerSource.Gguf(var metadata)) {
      header.copy(checkpoint, metadata);
    } else {
      header.describe(checkpoint.config(), architecture, name(model));
      GgufVocabulary vocabulary = vocabulary(checkpoint, model, tokenizer);
      int rows = checkpoint.config().vocabSize();
      if (vocabulary.tokens().size() > rows) {
        throw new TmacException(
            model
                + ": the tokenizer has "
                + vocabulary.tokens().size()
                + " tokens, the model "
                + rows);
      }
      vocabulary.padded(rows).put(header.entries);
    }
    header.entries.uint32("general.file_type", fileType);
    header.entries.uint32("general.quantization_version", 2);
    return header;
  }

  private void copy(Checkpoint checkpoint, GgufMetadata metadata) {
    for (String key : metadata.keys()) {
      if (!OF_THE_FILE.contains(key) && !key.startsWith("split.")) {
        entries.copy(key, metadata.entry(key));
      }
    }
    Matrix divisors = checkpoint.tensors().get(ROPE_FREQS);
    if (divisors != null) {
      float[] values = new float[divisors.cols()];
      divisors.decodeRow(0, values);
      vectors.put(ROPE_FREQS, values);
    }
  }

  private void describe(ModelConfig config, String architecture, String name) {
    entries.string("general.architecture", architecture);
    entries.string("general.name", name);
    String prefix = architecture + ".";
    entries.uint32(prefix + "vocab_size", config.vocabSize());
    entries.uint32(prefix + "context_length", config.contextLength());
    entries.uint32(prefix + "embedding_length", config.dim());
    entries.uint32(prefix + "block_count", config.layers());
    entries.uint32(prefix + "feed_forward_length", config.hiddenDim());
    entries.uint32(prefix + "attention.head_count", config.heads());
    entries.uint32(prefix + "attention.head_count_kv", config.kvHeads());
    entries.float32(prefix + "attention.layer_norm_rms_epsilon", (float) config.rmsNormEps());
    entries.uint32(prefix + "attention.key_length", config.headDim());
    entries.uint32(prefix + "attention.value_length", config.headDim());
    entries.uint32(prefix + "rope.dimension_count", config.headDim());
    entries.float32(prefix + "rope.freq_base", config.ropeTheta());
    if (config.slidingWindow() > 0) {
      entries.uint32(prefix + "attention.sliding_window", config.slidingWindow());
    }
    switch (config.ropeScaling()) {
      case RopeScaling.None none -> {}
      case RopeScaling.Linear(double factor) -> {
        entries.string(prefix + "rope.scaling.type", "linear");
        entries.float32(prefix + "rope.scaling.factor", (float) factor);
      }
      case RopeScaling scaling -> vectors.put(ROPE_FREQS, divisors(config, scaling));
    }
  }

  private static float[] divisors(ModelConfig config, RopeScaling scaling) {
    float[] divisors = new float[config.headDim() / 2];
    for (int j = 0; j < divisors.length; j++) {
      double frequency = Math.pow(config.ropeTheta(), -2.0 * j / config.headDim());
      divisors[j] = (float) scaling.divisor(j, frequency);
    }
    return divisors;
  }

  private static GgufVocabulary vocabulary(Checkpoint checkpoint, Path model, Path tokenizer)
      throws IOException {
    int size = checkpoint.config().vocabSize();
    if (tokenizer == null
        && checkpoint.tokenizer().orElse(null) instanceof TokenizerSource.Folder folder) {
      return HuggingFaceVocabulary.read(folder);
    }
    Path file =
        tokenizer != null
            ? tokenizer
            : TokenizerFiles.find(model, size)
                .orElseThrow(() ->
                    new TmacException(
                        model
                            + " has no tokenizer, which a GGUF file must hold: put its"
                            + " tokenizer.bin beside it, or name it"));
    return GgufVocabulary.of(SentencePieceVocabulary.read(file, size));
  }

  /** The file's name without its extension, or the folder's. */
  private static String name(Path model) {
    String[] parts = model.toAbsolutePath().normalize().getFileName().toString().split("\\.");
    return parts.length > 1 ? String.join(".", Arrays.copyOf(parts, parts.length - 1)) : parts[0];
  }
}
