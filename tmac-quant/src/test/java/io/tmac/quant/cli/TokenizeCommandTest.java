package io.tmac.quant.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.quant.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class TokenizeCommandTest {

  @Test
  void printsTheReferenceIdsOfEachPrompt() {
    Path model = Shared.path("models/stories260K/stories260K.bin");
    for (JsonNode prompt :
        Shared.json("vectors/public/stories260K/reference.json").get("prompts")) {
      String ids =
          prompt.get("ids").valueStream().map(JsonNode::asString).collect(Collectors.joining(" "));
      assertThat(tokenize(prompt.get("text").stringValue(), model)).isEqualTo(ids + "\n");
    }
  }

  @Test
  void readsEveryByte() {
    Path model = Shared.path("models/stories260K/stories260K.bin");
    assertThat(tokenize("Once upon a time\n", model)).isEqualTo("1 403 407 261 378 13\n");
    byte[] invalid = {'O', (byte) 0xff, 0, 'x'};
    byte[] ids = Console.runWithInput(invalid, "tokenize", model).bytes();
    String list = new String(ids, StandardCharsets.UTF_8).strip().replace(' ', ',');
    byte[] text = Console.run("detokenize", model, "--tokens", list).bytes();
    assertThat(text).isEqualTo(new byte[] {'O', (byte) 0xff, 0, 'x', '\n'});
  }

  @Test
  void takesModelFolderOrTokenizer() {
    Path folder = Shared.path("models/stories260K");
    for (Path path : new Path[] {folder, folder.resolve("tok512.bin")}) {
      assertThat(tokenize("Once upon a time", path)).isEqualTo("1 403 407 261 378\n");
    }
  }

  @Test
  void bosAndSpecialsAreOptions() {
    Path model = Shared.path("models/stories260K");
    assertThat(tokenize("Once", model, "--no-bos")).isEqualTo("403\n");
    assertThat(tokenize("Once</s>", model, "--specials")).isEqualTo("1 403 2\n");
    assertThat(tokenize("Once</s>", model)).startsWith("1 403 ").isNotEqualTo("1 403 2\n");
    assertThat(tokenize("", model)).isEqualTo("1\n");
    assertThat(tokenize("", model, "--no-bos")).isEqualTo("\n");
  }

  @Test
  void jsonLinesInAndOut() {
    Path model = Shared.path("models/stories260K");
    String in = "\"Once upon a time\"\n\"Once upon a time\\n\"\n\"\"\n\"Once\\u0020upon\"";
    assertThat(tokenize(in, model, "--jsonl"))
        .isEqualTo("[1,403,407,261,378]\n[1,403,407,261,378,13]\n[1]\n[1,403,407]\n");
    assertThat(tokenize("\"\"\n", model, "--jsonl", "--no-bos")).isEqualTo("[]\n");
  }

  @Test
  void aLineThatIsNoJsonStringIsAnError() {
    Path model = Shared.path("models/stories260K");
    for (String line : new String[] {"3", "[\"a\"]", "Once", "", "\"a\" \"b\"", "null"}) {
      byte[] in = ("\"a\"\n" + line + "\n").getBytes(StandardCharsets.UTF_8);
      Console.Result result = Console.runWithInput(in, "tokenize", model, "--jsonl");
      assertThat(result.status()).as(line).isEqualTo(1);
      assertThat(result.err()).startsWith("error: line 2: ").hasLineCount(1);
    }
  }

  @Test
  void detokenizePrintsTheTextAndOneLineFeed() {
    Path model = Shared.path("models/stories260K/stories260K.bin");
    for (JsonNode prompt :
        Shared.json("vectors/public/stories260K/reference.json").get("prompts")) {
      String ids =
          prompt
              .get("greedy_ids")
              .valueStream()
              .map(JsonNode::asString)
              .collect(Collectors.joining(","));
      assertThat(Console.run("detokenize", model, "--tokens", ids).out())
          .isEqualTo(prompt.get("greedy_text").stringValue() + "\n");
    }
  }

  @Test
  void detokenizeRefusesUnknownIds() {
    Path model = Shared.path("models/stories260K");
    Console.Result result = Console.run("detokenize", model, "--tokens", "1,512");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.bytes()).isEmpty();
    assertThat(result.err()).startsWith("error: ").contains("512");
  }

  private static String tokenize(String text, Path path, String... options) {
    Object[] args = new Object[2 + options.length];
    args[0] = "tokenize";
    args[1] = path;
    System.arraycopy(options, 0, args, 2, options.length);
    Console.Result result = Console.runWithInput(text.getBytes(StandardCharsets.UTF_8), args);
    assertThat(result.status()).as(Arrays.toString(args) + result.err()).isZero();
    return result.out();
  }
}
