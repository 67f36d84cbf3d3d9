package io.tmac.quant.cli;

import io.tmac.quant.train.TrainOptions;
import io.tmac.quant.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Trains a model further. */
@Command(
    name = "finetune",
    description = {
      "Trains a model further, with ternary weights or with floats.",
      "With ternary weights and the model itself as --teacher, this is quantisation-aware training:"
          + " the model that is written has learned to say with three values what it said with"
          + " floats. All arguments may be in a file: tmac-quant finetune @FILE."
    },
    footerHeading = "%nExample:%n",
    footer = {
      "  tmac-quant finetune stories15M.bin --teacher stories15M.bin --data stories.tok \\",
      "      -o stories15M.tm2 --steps 2000 --lr 5e-4"
    })
final class FinetuneCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private TrainArguments arguments;

  @Parameters(
      paramLabel = "MODEL",
      description = "A llama2.c model, or a folder that holds exactly one.")
  private Path model;

  @Option(
      names = "--teacher",
      paramLabel = "MODEL",
      description = "A model with the same vocabulary whose predictions are learned too.")
  private Path teacher;

  @Option(
      names = "--teacher-share",
      paramLabel = "PART",
      description =
          "How much of the loss is about the teacher's predictions, from 0 to 1. Default:"
              + " ${DEFAULT-VALUE}.")
  private float share = TrainOptions.DEFAULT.teacherShare();

  FinetuneCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    List<Path> inputs = new ArrayList<>(arguments.files());
    inputs.add(model);
    if (teacher != null) {
      inputs.add(teacher);
    }
    return arguments.run(
        streams,
        teacher == null ? 0 : share,
        inputs,
        (options, tokens) -> {
          Trainer trainer = Trainer.from(model, options);
          return teacher == null ? trainer : trainer.teacher(teacher);
        });
  }
}
