package io.tmac;

import io.tmac.format.Int4;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import io.tmac.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * How to load a model. Immutable; each {@code with} method returns a changed copy.
 *
 * <pre>{@code
 * ModelOptions.DEFAULT.withThreads(2).withContextLength(2048)
 * }</pre>
 */
public final class ModelOptions {

  /**
   * All defaults: one thread per physical core, the model's own context length, the tokenizer that
   * lies beside the model, int8 activations, and float32 keys and values.
   */
  public static final ModelOptions DEFAULT =
      new ModelOptions(0, 0, null, KvCacheType.F32, true, null, null, null, null);

  /** The most threads that a model takes: 256. */
  public static final int MAX_THREADS = 256;

  private static final String ACTIVATIONS_PROPERTY = "tmac.activations";

  private final int threads;
  private final int contextLength;
  private final Activations activations;
  private final KvCacheType kvCache;
  private final boolean findTokenizer;
  private final Path tokenizerPath;
  private final Tokenizer tokenizer;
  private final String chatTemplate;
  private final WeightFormat quantization;

  private ModelOptions(
      int threads,
      int contextLength,
      Activations activations,
      KvCacheType kvCache,
      boolean findTokenizer,
      Path tokenizerPath,
      Tokenizer tokenizer,
      String chatTemplate,
      WeightFormat quantization) {
    this.threads = threads;
    this.contextLength = contextLength;
    this.activations = activations;
    this.kvCache = kvCache;
    this.findTokenizer = findTokenizer;
    this.tokenizerPath = tokenizerPath;
    this.tokenizer = tokenizer;
    this.chatTemplate = chatTemplate;
    this.quantization = quantization;
  }

  /**
   * Sets the number of compute threads, the caller included. Default: the physical cores that the
   * container leaves to this JVM.
   *
   * @param threads from 1 to {@link #MAX_THREADS}
   * @return the changed copy
   * @throws IllegalArgumentException if it is outside that range
   */
  public ModelOptions withThreads(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new IllegalArgumentException("threads must be 1 to " + MAX_THREADS + ": " + threads);
    }
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        findTokenizer,
        tokenizerPath,
        tokenizer,
        chatTemplate,
        quantization);
  }

  /**
   * Limits the length of sequences. Default: the model's own context length. Memory for keys and
   * values grows with the actual length, in pages, so that a limit only matters as a bound.
   *
   * @param contextLength tokens, at least 1; loading fails if the model was made for fewer
   * @return the changed copy
   * @throws IllegalArgumentException if it is below 1
   */
  public ModelOptions withContextLength(int contextLength) {
    if (contextLength < 1) {
      throw new IllegalArgumentException("contextLength must be at least 1: " + contextLength);
    }
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        findTokenizer,
        tokenizerPath,
        tokenizer,
        chatTemplate,
        quantization);
  }

  /**
   * Sets how inputs of quantised matrices are represented. Default: the system property {@code
   * tmac.activations} ({@code int8} or {@code f32}), else {@link Activations#INT8}.
   *
   * @param activations the representation
   * @return the changed copy
   */
  public ModelOptions withActivations(Activations activations) {
    Objects.requireNonNull(activations, "activations");
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        findTokenizer,
        tokenizerPath,
        tokenizer,
        chatTemplate,
        quantization);
  }

  /**
   * Sets how sessions store the keys and values of their tokens. Default: {@link KvCacheType#F32}.
   *
   * @param kvCache the type; {@link KvCacheType#F16} takes half the memory
   * @return the changed copy
   */
  public ModelOptions withKvCache(KvCacheType kvCache) {
    Objects.requireNonNull(kvCache, "kvCache");
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        findTokenizer,
        tokenizerPath,
        tokenizer,
        chatTemplate,
        quantization);
  }

  /**
   * Names the tokenizer file. Default: {@code NAME.tokenizer.bin} or {@code tokenizer.bin} beside
   * the model, or the only {@code tok*.bin} there that fits.
   *
   * @param file a {@code tokenizer.bin}
   * @return the changed copy
   */
  public ModelOptions withTokenizer(Path file) {
    Objects.requireNonNull(file, "file");
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        false,
        file,
        null,
        chatTemplate,
        quantization);
  }

  /**
   * Sets the tokenizer.
   *
   * @param tokenizer a tokenizer with as many tokens as the model, or fewer: those that it does not
   *     know are never generated
   * @return the changed copy
   */
  public ModelOptions withTokenizer(Tokenizer tokenizer) {
    Objects.requireNonNull(tokenizer, "tokenizer");
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        false,
        null,
        tokenizer,
        chatTemplate,
        quantization);
  }

  /**
   * Loads no tokenizer: the model runs on token ids alone, and files beside it are not looked at.
   *
   * @return the changed copy
   */
  public ModelOptions withoutTokenizer() {
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        false,
        null,
        null,
        chatTemplate,
        quantization);
  }

  /**
   * Sets how conversations are written. Default: the template that the model brings along.
   *
   * @param template a Jinja template, as in {@code tokenizer_config.json}; it is parsed when it is
   *     first used
   * @return the changed copy
   */
  public ModelOptions withChatTemplate(String template) {
    Objects.requireNonNull(template, "template");
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        findTokenizer,
        tokenizerPath,
        tokenizer,
        template,
        quantization);
  }

  /**
   * Rounds the matrices of the layers while the model is loaded, if they are F32, F16 or BF16;
   * others stay as they are. The classifier, if it is of such a type, gets 8 bits with a scale per
   * 32 columns; norms, biases and the rows of the embedding keep their precision. Default: no
   * rounding.
   *
   * <p>Int4 leaves most models usable. TernaryV2 is for models that were trained for ternary
   * weights; it ruins others.
   *
   * @param format {@link io.tmac.format.Int4} or {@link io.tmac.format.TernaryV2}
   * @return the changed copy
   * @throws IllegalArgumentException if it is another format
   */
  public ModelOptions quantize(WeightFormat format) {
    if (!(format instanceof Int4 || format instanceof TernaryV2)) {
      throw new IllegalArgumentException(
          "models are quantised at load to Int4 or TernaryV2, not to " + format.id());
    }
    return new ModelOptions(
        threads,
        contextLength,
        activations,
        kvCache,
        findTokenizer,
        tokenizerPath,
        tokenizer,
        chatTemplate,
        format);
  }

  /**
   * The number of compute threads.
   *
   * @return at least 1, or 0 for the default
   */
  public int threads() {
    return threads;
  }

  /**
   * The limit of the context.
   *
   * @return tokens, or 0 for the model's own
   */
  public int contextLength() {
    return contextLength;
  }

  /**
   * How inputs of quantised matrices are represented.
   *
   * @return the representation, the default resolved
   * @throws IllegalArgumentException if the system property has another value than those allowed
   */
  public Activations activations() {
    if (activations != null) {
      return activations;
    }
    String property = System.getProperty(ACTIVATIONS_PROPERTY, "int8");
    return switch (property.toLowerCase(Locale.ROOT)) {
      case "int8" -> Activations.INT8;
      case "int7" -> Activations.INT7;
      case "f32" -> Activations.F32;
      default ->
          throw new IllegalArgumentException(
              "-D" + ACTIVATIONS_PROPERTY + " must be int8, int7 or f32: " + property);
    };
  }

  /**
   * What float matrices are rounded to at load.
   *
   * @return the format, or empty if they are not rounded
   */
  public Optional<WeightFormat> quantization() {
    return Optional.ofNullable(quantization);
  }

  /**
   * How sessions store keys and values.
   *
   * @return the type
   */
  public KvCacheType kvCache() {
    return kvCache;
  }

  /**
   * Whether to look for a tokenizer beside the model.
   *
   * @return true unless a tokenizer was given or none is wanted
   */
  public boolean findsTokenizer() {
    return findTokenizer;
  }

  /**
   * The tokenizer file.
   *
   * @return the file, or empty if none was named
   */
  public Optional<Path> tokenizerPath() {
    return Optional.ofNullable(tokenizerPath);
  }

  /**
   * The tokenizer.
   *
   * @return the tokenizer, or empty if none was set
   */
  public Optional<Tokenizer> tokenizer() {
    return Optional.ofNullable(tokenizer);
  }

  /**
   * The chat template.
   *
   * @return the Jinja template, or empty for the model's own
   */
  public Optional<String> chatTemplate() {
    return Optional.ofNullable(chatTemplate);
  }
}
