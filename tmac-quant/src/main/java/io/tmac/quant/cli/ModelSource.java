package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The arguments of a command that runs a model. */
public class ModelSource extends RunArguments {

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A model file, or a folder that holds exactly one.")
  private Path model;

  /** Creates the arguments, to be filled by picocli. */
  public ModelSource() {}

  /**
   * The model's file or folder.
   *
   * @return the path as it was given
   */
  public Path path() {
    return model;
  }

  /**
   * Loads the model.
   *
   * @return the model
   * @throws IOException if a file cannot be read
   */
  public Model load() throws IOException {
    return Model.load(model, options());
  }

  /**
   * How to load it: without a tokenizer, for commands that take token ids.
   *
   * @return the options
   * @throws IOException if a file cannot be read
   */
  protected ModelOptions options() throws IOException {
    return commonOptions().withoutTokenizer();
  }
}
