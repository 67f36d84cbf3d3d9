package io.tmac.checkpoint;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model file, read but not copied: its shape and its tensors as views of the file's bytes.
 *
 * <p>Tensors have llama2.c's names: {@code tok_embeddings}, {@code layers.N.} followed by {@code
 * attention_norm wq wk wv wo ffn_norm w1 w2 w3}, {@code norm}, and {@code output} if the classifier
 * is not the embedding. Norms are matrices of one row.
 *
 * @param source the file's name, for messages
 * @param container what kind of file it is, for example {@code "TM2"}
 * @param format the format of the large matrices
 * @param config the model's shape
 * @param tensors all tensors by name, in file order
 * @param ropeTables {@link #ROPE_COSINES} and {@link #ROPE_SINES} if the file holds them; the
 *     transformer computes its own
 * @param file the whole file
 */
public record Checkpoint(
    String source,
    String container,
    WeightFormat format,
    ModelConfig config,
    Map<String, Matrix> tensors,
    Map<String, Matrix> ropeTables,
    MemorySegment file) {

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

  /** Makes the maps immutable. */
  public Checkpoint {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    ropeTables = Collections.unmodifiableMap(new LinkedHashMap<>(ropeTables));
  }

  /** Returns the name of the classifier, which may be the embedding. */
  public String classifierName() {
    return tensors.containsKey(OUTPUT) ? OUTPUT : EMBEDDING;
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
      throw new ModelFormatException(
          source,
          matrix.data().address() - file.address() + undefined,
          "a code that format " + matrix.format().id() + " defines in " + matrix.name(),
          "an undefined code; the file is damaged or of another format");
    }
  }
}
