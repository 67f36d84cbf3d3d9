package io.tmac.quant.cli;

import io.tmac.quant.Dequantizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Unpacks a tensor to float32. */
@Command(
    name = "dequantize",
    description = {
      "Writes the values of a tensor as raw little-endian float32, row after row.",
      "OUT appears when it is complete; an older file of that name is replaced."
    })
final class DequantizeCommand implements Callable<Integer> {

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A model file, or a folder that holds exactly one.")
  private Path model;

  @Parameters(
      index = "1",
      paramLabel = "TENSOR",
      description = "A tensor's name, as in layers.0.wq; inspect lists them.")
  private String tensor;

  @Parameters(index = "2", paramLabel = "OUT", description = "The file to write.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    Dequantizer.dequantize(model, tensor, out);
    return 0;
  }
}
