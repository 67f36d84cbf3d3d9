package io.tmac.quant;

import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import java.util.List;

/** The models that files of llama2.c and of the original program can hold. */
final class OriginalModels {
  /** Tensors that those files have no place for. */
  private static final List<String> FOREIGN = List.of("_bias", "q_norm", "k_norm", "sub_norm");

  private OriginalModels() {}

  /**
   * Refuses models that bring a tokenizer of their own, from GGUF files and Hugging Face folders,
   * and those with tensors that llama2.c's do not have. Files of llama2.c and the original program
   * say nothing of the tokenizer, the base of the position embedding or biases, so that such a
   * model would not be itself afterwards.
   *
   * @param checkpoint the model
   * @param what what shall be done with it, for the message
   */
  static void requireFit(Checkpoint checkpoint, String what) {
    boolean foreign =
        checkpoint.roles().keySet().stream().anyMatch(r -> FOREIGN.stream().anyMatch(r::endsWith));
    if (foreign || checkpoint.tokenizer().isPresent()) {
      throw new UnsupportedModelException(
          checkpoint.source(),
          0,
          "a llama2.c model to " + what,
          "a model of kind "
              + checkpoint.container()
              + ", whose tokenizer, position embedding or further tensors such a file cannot hold;"
              + " use a gguf format, or eval --quantize to measure one");
    }
  }
}
