package io.tmac.quant.cli;

import io.tmac.KvCacheType;
import io.tmac.Model;
import io.tmac.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The arguments of a command that runs a model. */
public class ModelSource {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A model file, or a folder that holds exactly one.")
  private Path model;

  private ModelOptions options = ModelOptions.DEFAULT;

  /** Creates the arguments, to be filled by picocli. */
  public ModelSource() {}

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads, at least 1. Default: the physical cores.")
  void setThreads(int threads) {
    try {
      options = options.withThreads(threads);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), "--" + e.getMessage(), e);
    }
  }

  @Option(
      names = "--kv",
      paramLabel = "f32|f16",
      description = "How keys and values are stored; f16 takes half the memory. Default: f32.")
  void setKvCache(KvCacheType type) {
    options = options.withKvCache(type);
  }

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
    return options.withoutTokenizer();
  }

  /**
   * What the options of all commands say.
   *
   * @return the options
   */
  protected final ModelOptions commonOptions() {
    return options;
  }
}
