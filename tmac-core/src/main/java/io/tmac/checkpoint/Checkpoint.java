package io.tmac.checkpoint;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model, read but not copied: its shape and its tensors as views of the bytes of its files.
 *
 * <p>Each tensor has two names: the one that it is stored under, and the one that says what the
 * transformer does with it. The latter are llama2.c's, whatever the container:
 *
 * <pre>
 *   tok_embeddings  norm  output (absent if the embedding is the classifier)
 *   layers.N.  attention_norm wq wk wv wo  ffn_norm w1 w2 w3     (w1 gate, w2 down, w3 up)
 *              wq_bias wk_bias wv_bias                           (some models: Qwen2)
 *              q_norm k_norm  [headDim]                          (Qwen3)
 *              attention_sub_norm [queryDim]  ffn_sub_norm [hiddenDim]   (BitNet)
 * </pre>
 *
 * Norms and biases are matrices of one row.
 *
 * @param source the name of the file or folder, for messages
 * @param container what kind of file it is, for example {@code "TM2"}
 * @param architecture the family of the model as the file calls it, for example {@code "qwen2"}
 * @param format the format of the large matrices
 * @param config the model's shape
 * @param tensors all tensors by the names they are stored under, in file order
 * @param roles those that the transformer uses, by the names above
 * @param ropeTables {@link #ROPE_COSINES} and {@link #ROPE_SINES} if the file holds them; the
 *     transformer computes its own
 * @param tokenizer what the model brings along for its tokenizer and chats, not yet read
 * @param files the files whose bytes the tensors view; none for a model made in memory
 */
public record Checkpoint(
    String source,
    String container,
    String architecture,
    WeightFormat format,
    ModelConfig config,
    Map<String, Matrix> tensors,
    Map<String, Matrix> roles,
    Map<String, Matrix> ropeTables,
    Optional<TokenizerSource> tokenizer,
    List<MappedFile> files) {

  /** The name of the token embedding {@code [vocabSize x dim]}. */
  public static final String EMBEDDING = "tok_embeddings";

  /** The name of the last norm {@code [dim]}. */
  public static final String FINAL_NORM = "norm";

  /** The name of the classifier {@code [vocabSize x dim]}; absent if it is the embedding. */
  public static final String OUTPUT = "output";

  /** The name of the table {@code [contextLength x headDim / 2]} of {@code cos(position * f_j)}. */
  public static final String ROPE_COSINES = "rope_cosines";

  /** The name of the table {@code [contextLength x headDim / 2]} of {@code sin(position * f_j)}. */
  public static final String ROPE_SINES = "rope_sines";

  /** Makes the collections immutable. */
  public Checkpoint {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    roles = Collections.unmodifiableMap(new LinkedHashMap<>(roles));
    ropeTables = Collections.unmodifiableMap(new LinkedHashMap<>(ropeTables));
    files = List.copyOf(files);
  }

  /** A model whose tensors are stored under llama2.c's names, without a tokenizer. */
  Checkpoint(
      String source,
      String container,
      WeightFormat format,
      ModelConfig config,
      Map<String, Matrix> tensors,
      Map<String, Matrix> ropeTables,
      List<MappedFile> files) {
    this(
        source,
        container,
        "llama",
        format,
        config,
        tensors,
        tensors,
        ropeTables,
        Optional.empty(),
        files);
  }

  /**
   * Returns a tensor that every model has.
   *
   * @param role what it is for: one of the names above
   * @throws IllegalArgumentException if there is none
   */
  public Matrix tensor(String role) {
    Matrix matrix = roles.get(role);
    if (matrix == null) {
      throw new IllegalArgumentException(source + " has no tensor " + role);
    }
    return matrix;
  }

  /**
   * Returns a tensor that some models have.
   *
   * @param role what it is for: one of the names above
   */
  public Optional<Matrix> find(String role) {
    return Optional.ofNullable(roles.get(role));
  }

  /** Returns the name of the classifier among {@link #roles}, which may be the embedding. */
  public String classifierName() {
    return roles.containsKey(OUTPUT) ? OUTPUT : EMBEDDING;
  }

  /** Returns the size of all files in bytes. */
  public long fileBytes() {
    return files.stream().mapToLong(file -> file.bytes().byteSize()).sum();
  }

  /**
   * Throws if a tensor holds bytes that its format does not define. It reads the whole file.
   *
   * @throws ModelFormatException naming the first such byte
   */
  public void verify() {
    tensors.values().forEach(this::verify);
  }

  /**
   * Throws if one tensor holds bytes that its format does not define.
   *
   * @param matrix one of this checkpoint's tensors
   * @throws ModelFormatException naming the first such byte
   */
  public void verify(Matrix matrix) {
    long undefined = matrix.format().findUndefined(matrix);
    if (undefined >= 0) {
      throw fault(
          matrix,
          undefined,
          "a code that format " + matrix.format().id() + " defines in " + matrix.name(),
          "an undefined code; the file is damaged or of another format");
    }
  }

  /**
   * A fault in the bytes of a tensor.
   *
   * @param matrix one of this checkpoint's tensors
   * @param offset where in {@code matrix.data()}
   * @param expected what should be there
   * @param found what is there
   * @return the exception, which names the file
   */
  public ModelFormatException fault(Matrix matrix, long offset, String expected, String found) {
    for (MappedFile file : files) {
      if (file.bytes().asOverlappingSlice(matrix.data()).isPresent()) {
        long start = matrix.data().address() - file.bytes().address();
        return new ModelFormatException(file.name(), start + offset, expected, found);
      }
    }
    return new ModelFormatException(source, offset, expected, found);
  }

  /**
   * A file in memory.
   *
   * @param name its name, for messages
   * @param bytes all its bytes
   */
  public record MappedFile(String name, MemorySegment bytes) {}
}
