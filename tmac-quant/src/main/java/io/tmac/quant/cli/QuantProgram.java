package io.tmac.quant.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** The program {@code tmac-quant}. */
@Command(
    name = "tmac-quant",
    description =
        "Looks into models, quantises them, runs them on tokens, measures them, and makes texts and"
            + " tokenizers to train with.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:success", "1:failure; one line on standard error says why", "2:usage error"},
    footer = {
      "",
      "Examples:",
      "  tmac-quant inspect stories15M.tm2",
      "  echo -n 'Once upon a time' | tmac-quant tokenize stories15M.tm2",
      "  tmac-quant logits stories15M.tm2 --tokens 1,403,407 --first 8",
      "  tmac-quant eval stories15M.tm2 stories.txt --json",
      "  tmac-quant quantize stories15M.bin stories15M.q4 --format int4 --method search",
      "  tmac-quant convert stories15M.tm2 stories15M.bin --to v0",
      "  tmac-quant compare stories15M.bin stories15M.tm2 --text stories.txt",
      "  tmac-quant sample teacher.gguf --prompts prompts.txt -o stories.txt --count 10000",
      "  tmac-quant train-tokenizer stories.txt -o tokenizer.bin --vocab 2048",
      "  tmac-quant train @recipe.args",
      "",
      "-Dtmac.activations=f32 before -jar computes without int8 activations, and",
      "-Dtmac.kernels=scalar with the reference kernels."
    })
public final class QuantProgram extends Program {

  /** Creates the program. */
  public QuantProgram() {}

  @Override
  protected String[] expanded(String[] args) throws IOException {
    boolean trains = args.length > 0 && (args[0].equals("train") || args[0].equals("finetune"));
    return trains ? ArgumentFile.expanded(args) : args;
  }

  @Override
  protected List<Callable<Integer>> commands(Streams streams) {
    return List.of(
        new InspectCommand(streams),
        new LogitsCommand(streams),
        new TokenizeCommand(streams),
        new DetokenizeCommand(streams),
        new EvalCommand(streams),
        new ScoreCommand(streams),
        new QuantizeCommand(streams),
        new ConvertCommand(streams),
        new CompareCommand(streams),
        new DequantizeCommand(),
        new SampleCommand(streams),
        new CleanCommand(streams),
        new TrainTokenizerCommand(streams),
        new PrepareCommand(streams),
        new TrainCommand(streams),
        new FinetuneCommand(streams),
        new LossChartCommand());
  }
}
