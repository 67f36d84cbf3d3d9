package io.tmac.quant.cli;

import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The arguments of a command that runs a model on text. */
public final class TextModelSource extends ModelSource {

  /** What {@code -z} is. */
  public static final String TOKENIZER =
      "The model's tokenizer.bin. Default: NAME.tokenizer.bin or tokenizer.bin beside the model, or"
          + " the only tok*.bin there that fits.";

  @Option(
      names = {"-z", "--tokenizer"},
      paramLabel = "TOKENIZER",
      description = TOKENIZER)
  private Path tokenizer;

  /** Creates the arguments, to be filled by picocli. */
  public TextModelSource() {}

  /**
   * Loads the model.
   *
   * @return a model that has a tokenizer
   * @throws TmacException if there is none
   * @throws IOException if a file cannot be read
   */
  @Override
  public Model load() throws IOException {
    return load(path(), commonOptions(), tokenizer);
  }

  @Override
  protected ModelOptions options() throws IOException {
    return withTokenizer(commonOptions(), tokenizer);
  }

  /**
   * Loads a model to run on text.
   *
   * @param path a model file, or a folder that holds exactly one
   * @param options how to load it
   * @param tokenizer its tokenizer, or null to look for it
   * @return a model that has a tokenizer
   * @throws TmacException if there is none
   * @throws IOException if a file cannot be read
   */
  public static Model load(Path path, ModelOptions options, Path tokenizer) throws IOException {
    Model model = Model.load(path, withTokenizer(options, tokenizer));
    requireTokenizer(model, path);
    return model;
  }

  /** Adds the tokenizer that {@code -z} names, if it names one. */
  static ModelOptions withTokenizer(ModelOptions options, Path tokenizer) throws IOException {
    if (tokenizer == null) {
      return options;
    }
    if (Files.isDirectory(tokenizer)) {
      throw new FileSystemException(
          tokenizer.toString(), null, "is a folder; -z takes a tokenizer.bin");
    }
    return options.withTokenizer(tokenizer);
  }

  /** Closes the model and throws if it has no tokenizer. */
  static void requireTokenizer(Model model, Path path) {
    if (model.tokenizer().isEmpty()) {
      model.close();
      throw new TmacException(
          path + " has no tokenizer: name its tokenizer.bin with -z, or put it beside the model");
    }
  }
}
