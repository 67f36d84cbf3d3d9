package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.model.ModelTokenizer;
import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.opentest4j.TestAbortedException;

/** Texts of which only some parts may name special tokens. */
class SegmentsTest {
  private static final List<String> FILES =
      List.of(
          "gpt2trim8k-smollm.gguf", "gpt2trim8k-qwen2.tokenizer.json", "ggml-vocab-llama-spm.gguf");

  private static final List<Tokenizer> TOKENIZERS = new ArrayList<>();

  @BeforeContainer
  static void load() throws IOException {
    TOKENIZERS.clear();
    for (String file : FILES) {
      try {
        Path path = Shared.path("vectors/public/tokenizers/" + file);
        TOKENIZERS.add(
            file.endsWith(".gguf")
                ? ModelTokenizer.ofGguf(path).orElseThrow()
                : Tokenizer.load(path));
      } catch (TestAbortedException e) {
        // Without the folder there is one tokenizer less to try; the reason is printed.
      }
    }
    TOKENIZERS.add(TokenizerBytes.small().load());
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "a",
            "Hello",
            " world",
            "\n",
            "12",
            "<s>",
            "</s>",
            "<|im_end|>",
            "<|im_start|>",
            "<|",
            "im_end|>",
            "<think>",
            "é",
            "🙂",
            " ",
            "[INST]")
        .list()
        .ofMaxSize(6)
        .map(parts -> String.join("", parts));
  }

  @Property(tries = 200)
  void aTextInOnePieceIsEncodedAsUsual(@ForAll("texts") String text, @ForAll boolean specials) {
    for (Tokenizer tokenizer : TOKENIZERS) {
      for (boolean bos : new boolean[] {true, false}) {
        assertThat(tokenizer.encode(List.of(new TextSegment(text, specials)), bos))
            .containsExactly(tokenizer.encode(text, new EncodeOptions(bos, specials)));
      }
    }
  }

  @Property(tries = 200)
  void cutsBetweenPlainPartsDoNotMatter(
      @ForAll("texts") String first, @ForAll("texts") String second) {
    for (Tokenizer tokenizer : TOKENIZERS) {
      List<TextSegment> segments =
          List.of(new TextSegment(first, false), new TextSegment(second, false));
      assertThat(tokenizer.encode(segments, false))
          .containsExactly(tokenizer.encode(first + second));
    }
  }

  @Property(tries = 200)
  void plainPartsAddNoControlToken(
      @ForAll("texts") String markup, @ForAll("texts") String said, @ForAll("texts") String rest) {
    for (Tokenizer tokenizer : TOKENIZERS) {
      List<TextSegment> segments =
          List.of(
              new TextSegment(markup, true),
              new TextSegment(said, false),
              new TextSegment(rest, true));
      assertThat(controls(tokenizer, tokenizer.encode(segments, false)))
          .isEqualTo(controls(tokenizer, specials(tokenizer, markup), specials(tokenizer, rest)));
    }
  }

  private static int[] specials(Tokenizer tokenizer, String text) {
    return tokenizer.encode(text, new EncodeOptions(false, true));
  }

  private static List<Integer> controls(Tokenizer tokenizer, int[]... parts) {
    List<Integer> controls = new ArrayList<>();
    for (int[] ids : parts) {
      IntStream.of(ids).filter(tokenizer::isControl).forEach(controls::add);
    }
    return controls;
  }
}
