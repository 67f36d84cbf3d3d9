package io.tmac.quant;

import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;

/** The models that files of llama2.c and of the original program can hold. */
final class OriginalModels {
  private OriginalModels() {}

  /**
   * Refuses models that bring a tokenizer of their own, from GGUF files and Hugging Face folders.
   * Files of llama2.c and the original program say nothing of the tokenizer, the base of the
   * position embedding or biases, so that such a model would not be itself afterwards.
   *
   * @param checkpoint the model
   * @param what what shall be done with it, for the message
   */
  static void requireFit(Checkpoint checkpoint, String what) {
    if (checkpoint.tokenizer().isPresent()) {
      throw new UnsupportedModelException(
          checkpoint.source(),
          0,
          "a llama2.c model to " + what,
          "a model of kind "
              + checkpoint.container()
              + ", whose tokenizer and position embedding such a file cannot hold; use a gguf"
              + " format, or eval --quantize to measure one");
    }
  }
}
