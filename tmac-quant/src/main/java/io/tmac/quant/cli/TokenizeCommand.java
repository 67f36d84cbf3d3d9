package io.tmac.quant.cli;

import io.tmac.TmacException;
import io.tmac.quant.Tokenizers;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Turns standard input into token ids. */
@Command(
    name = "tokenize",
    description = {
      "Reads text from standard input and prints its token ids on one line.",
      "The text is taken byte for byte, a last line feed included."
    })
final class TokenizeCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(
      paramLabel = "MODEL_OR_TOKENIZER",
      description =
          "A model with its tokenizer in it or beside it, a tokenizer.json or a tokenizer.bin.")
  private Path path;

  @Option(
      names = "--specials",
      description = "Names of special tokens in the text, such as </s>, become those tokens.")
  private boolean specials;

  @Option(names = "--no-bos", description = "No BOS in front, even if the model wants it.")
  private boolean noBos;

  @Option(
      names = "--jsonl",
      description = "One JSON string per line in, one JSON array of ids per line out.")
  private boolean jsonl;

  TokenizeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    Tokenizer tokenizer = Tokenizers.load(path);
    EncodeOptions options = new EncodeOptions(!noBos, specials);
    if (jsonl) {
      encodeLines(tokenizer, options);
    } else {
      streams.println(joined(tokenizer.encode(streams.in().readAllBytes(), options), " "));
    }
    return 0;
  }

  private void encodeLines(Tokenizer tokenizer, EncodeOptions options) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
    int number = 1;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      int[] ids = tokenizer.encode(parse(line, number++), options);
      streams.println("[" + joined(ids, ",") + "]");
      streams.flush();
    }
  }

  private static String parse(String line, int number) {
    JsonNode node;
    try {
      node = Json.MAPPER.readTree(line);
    } catch (JacksonException e) {
      throw new TmacException(
          "line " + number + ": expected a JSON string: " + e.getOriginalMessage(), e);
    }
    if (!node.isString()) {
      throw new TmacException("line " + number + ": expected a JSON string, found: " + line);
    }
    return node.stringValue();
  }

  private static String joined(int[] ids, String separator) {
    return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(separator));
  }
}
