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

  @Option(
      names = {"-z", "--tokenizer"},
      paramLabel = "TOKENIZER",
      description =
          "The model's tokenizer.bin. Default: NAME.tokenizer.bin or tokenizer.bin beside the"
              + " model, or the only tok*.bin there that fits.")
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
    Model model = super.load();
    requireTokenizer(model, path());
    return model;
  }

  @Override
  protected ModelOptions options() throws IOException {
    return withTokenizer(commonOptions(), tokenizer);
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
