package io.tmac;

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
      new ModelOptions(0, 0, null, KvCacheType.F32, true, null, null);

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

  private ModelOptions(
      int threads,
      int contextLength,
      Activations activations,
      KvCacheType kvCache,
      boolean findTokenizer,
      Path tokenizerPath,
      Tokenizer tokenizer) {
    this.threads = threads;
    this.contextLength = contextLength;
    this.activations = activations;
    this.kvCache = kvCache;
    this.findTokenizer = findTokenizer;
    this.tokenizerPath = tokenizerPath;
    this.tokenizer = tokenizer;
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
        threads, contextLength, activations, kvCache, findTokenizer, tokenizerPath, tokenizer);
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
        threads, contextLength, activations, kvCache, findTokenizer, tokenizerPath, tokenizer);
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
        threads, contextLength, activations, kvCache, findTokenizer, tokenizerPath, tokenizer);
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
        threads, contextLength, activations, kvCache, findTokenizer, tokenizerPath, tokenizer);
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
    return new ModelOptions(threads, contextLength, activations, kvCache, false, file, null);
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
    return new ModelOptions(threads, contextLength, activations, kvCache, false, null, tokenizer);
  }

  /**
   * Loads no tokenizer: the model runs on token ids alone, and files beside it are not looked at.
   *
   * @return the changed copy
   */
  public ModelOptions withoutTokenizer() {
    return new ModelOptions(threads, contextLength, activations, kvCache, false, null, null);
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
}
