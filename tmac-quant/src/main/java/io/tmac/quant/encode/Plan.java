package io.tmac.quant.encode;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.format.WeightFormat;
import java.util.Optional;

/** What the matrices of a model become. */
@FunctionalInterface
public interface Plan {

  /**
   * The format of a matrix.
   *
   * @param role what the matrix is for, for example {@code layers.0.wq} or {@code tok_embeddings}
   * @param cols its columns
   * @return a format that there is an encoder for; empty if the matrix stays as it is
   */
  Optional<WeightFormat> format(String role, int cols);

  /**
   * The same for all but the embedding and the classifier, which stay as they are.
   *
   * @return the plan
   */
  default Plan keepingHead() {
    return (role, cols) -> isHead(role) ? Optional.empty() : format(role, cols);
  }

  /**
   * Whether a matrix is the embedding or the classifier.
   *
   * @param role what the matrix is for
   * @return whether it is one of them
   */
  static boolean isHead(String role) {
    return role.equals(Checkpoint.EMBEDDING) || role.equals(Checkpoint.OUTPUT);
  }
}
