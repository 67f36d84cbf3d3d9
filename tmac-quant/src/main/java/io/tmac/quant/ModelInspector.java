package io.tmac.quant;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/** Tells what is in a model file. It reads the headers and no weights. */
public final class ModelInspector {

  private ModelInspector() {}

  /**
   * Reads the headers of a model. It needs no tokenizer.
   *
   * @param model a model file, or a folder that holds exactly one
   * @return what is in it
   * @throws ModelFormatException if the file is not a model or is damaged
   * @throws UnsupportedModelException if it is a model of a kind that this library does not read
   * @throws IOException if the file cannot be read
   */
  public static Inspection inspect(Path model) throws IOException {
    Path file = ModelFiles.resolve(model);
    try (Arena arena = Arena.ofConfined()) {
      Checkpoint checkpoint = CheckpointReader.open(file, arena);
      List<TensorInfo> tensors =
          checkpoint.tensors().values().stream().map(TensorInfo::of).toList();
      return new Inspection(
          checkpoint.source(),
          checkpoint.container(),
          checkpoint.architecture(),
          checkpoint.config(),
          tensors,
          checkpoint.fileBytes());
    }
  }
}
