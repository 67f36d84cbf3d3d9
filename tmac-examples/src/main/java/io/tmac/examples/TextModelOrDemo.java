package io.tmac.examples;

import io.tmac.Model;
import io.tmac.gateway.DemoModel;
import io.tmac.quant.cli.RunArguments;
import io.tmac.quant.cli.TextModelSource;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The arguments of a command that runs a model on text: the demo model if they name none. */
final class TextModelOrDemo extends RunArguments {
  /** What to tell people who have named no model. */
  static final String NOTE =
      "no MODEL is named: this is the built-in demo model "
          + DemoModel.NAME
          + ", which only continues simple stories";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "A model file, or a folder that holds exactly one. Default: a small demo model of"
              + " stories.")
  private Path path;

  @Option(
      names = {"-z", "--tokenizer"},
      paramLabel = "TOKENIZER",
      description = TextModelSource.TOKENIZER)
  private Path tokenizer;

  /** Whether no model is named. */
  boolean isDemo() {
    return path == null;
  }

  /** Loads the model. It has a tokenizer. */
  Model load() throws IOException {
    if (!isDemo()) {
      return TextModelSource.load(path, commonOptions(), tokenizer);
    }
    if (tokenizer != null) {
      throw new ParameterException(
          command.commandLine(), "-z belongs to a MODEL; the demo model has its own tokenizer");
    }
    return DemoModel.load(commonOptions());
  }
}
