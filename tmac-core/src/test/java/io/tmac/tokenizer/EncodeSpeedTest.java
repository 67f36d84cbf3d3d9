package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.testing.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoding takes O(n log n) steps: a search through all pairs would need hours for 1 MB. */
class EncodeSpeedTest {

  private static final int SIZE = 1 << 20;
  private static final long LIMIT_NANOS = 1_000_000_000;

  @Test
  void encodesAMegabyteOfEnglishInASecond() throws IOException {
    String text = Files.readString(Shared.path("models/stories260K/calibration.txt"));
    Tokenizer tokenizer =
        Tokenizer.load(Shared.path("vectors/public/tokenizers/tok4096.bin"), 4096);
    assertFast(tokenizer, text.repeat(SIZE / text.length() + 1).substring(0, SIZE));
  }

  /** Every character can merge with its neighbour, and so can what they become. */
  @Test
  void encodesAMegabyteWithoutABorderInASecond() {
    TokenizerBytes vocabulary = TokenizerBytes.withBytes().add(" ", -100);
    for (int length = 1; length <= 256; length *= 2) {
      vocabulary.add("a".repeat(length), -length);
    }
    assertFast(vocabulary.load(), "a".repeat(SIZE));
  }

  /** Long runs of one kind of character are one piece, or one for each; both are fast. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe", "qwen2", "qwen35", "tekken", "default"})
  void cutsAMegabyteOfOneKindOfCharacterInASecond(String preTokenizer) {
    Tokenizer tokenizer = BpeVocabularies.byteLevelTokenizer(preTokenizer);
    for (String run : List.of(" ", "a", "A", "7", "\n", "\uD83D\uDE42", "=", "a\u0301", "the ")) {
      int length = run.getBytes(StandardCharsets.UTF_8).length;
      assertFast(tokenizer, run.repeat(SIZE / length), SIZE + 2);
    }
  }

  @Test
  void cutsAMegabyteOfSpecialTokensInASecond() {
    Tokenizer tokenizer = BpeVocabularies.byteLevelTokenizer("gpt-2");
    for (String run : List.of("<|im_end|>", "<tool>", "<|im_", "<")) {
      assertFast(tokenizer, run.repeat(SIZE / run.length()), SIZE + 2);
    }
  }

  private static void assertFast(Tokenizer tokenizer, String text) {
    assertFast(tokenizer, text, SIZE / 2);
  }

  private static void assertFast(Tokenizer tokenizer, String text, int limit) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    long best = Long.MAX_VALUE;
    for (int run = 0; run < 5 && best > LIMIT_NANOS / 2; run++) {
      long start = System.nanoTime();
      int[] ids = tokenizer.encode(utf8, EncodeOptions.PROMPT);
      best = Math.min(best, System.nanoTime() - start);
      assertThat(ids.length).isLessThan(limit);
    }
    assertThat(best).isLessThan(LIMIT_NANOS);
  }
}
