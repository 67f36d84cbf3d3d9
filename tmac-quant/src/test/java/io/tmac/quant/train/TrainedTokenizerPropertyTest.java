package io.tmac.quant.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class TrainedTokenizerPropertyTest {
  private static final Tokenizer TOKENIZER =
      Trained.of(
              Trained.words("The cat sat on the mat; the cat's name was Zoé 😀 😀. 1 2 3\n"),
              1,
              120)
          .tokenizer()
          .tokenizer();

  /** The law of training: the encoder cuts each word of the text as training left it. */
  @Property(tries = 500)
  void encodingRepeatsTheTraining(
      @ForAll("words") String text, @ForAll @IntRange(max = 60) int merges) {
    Map<String, Long> words = Trained.words(text);
    Trained all = Trained.of(words, 0.9, Integer.MAX_VALUE);
    int pieces = all.tokenizer().characters() + merges;
    Trained trained = Trained.of(words, 0.9, pieces);
    Tokenizer tokenizer = trained.tokenizer().tokenizer();
    trained
        .segmentation()
        .forEach((word, ids) -> {
          int[] encoded = tokenizer.encode("\n" + word); // a space, a byte, the word
          int[] asPieces =
              Arrays.stream(encoded)
                  .skip(2)
                  .map(id -> id < TokenizerTrainer.FIRST_CHARACTER ? Merging.NO_PIECE : id)
                  .toArray();
          assertThat(asPieces).as(word).containsExactly(ids);
        });
  }

  /** Words do not show in an encoding: it is that of its words, one after the other. */
  @Property(tries = 500)
  void noPieceReachesBeyondAWord(@ForAll("words") String text) {
    Map<String, Long> words = Trained.words(text);
    Trained trained = Trained.of(words, 1, Integer.MAX_VALUE);
    long expected = text.chars().filter(c -> c == '\n').count();
    for (Map.Entry<String, Long> word : words.entrySet()) {
      expected += word.getValue() * trained.segmentation().get(word.getKey()).length;
    }
    assertThat(trained.tokenizer().tokenizer().encode(text)).hasSize((int) expected);
  }

  @Property
  void decodingGivesTheTextBack(@ForAll String text) {
    String valid = new String(text.getBytes(UTF_8), UTF_8); // lone surrogates cannot be written
    assertThat(TOKENIZER.decode(TOKENIZER.encode(valid, EncodeOptions.PROMPT))).isEqualTo(valid);
  }

  @Property
  void decodingGivesAnyBytesBack(@ForAll byte[] bytes) {
    ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    int previous = Tokenizer.NO_TOKEN;
    for (int id : TOKENIZER.encode(bytes, EncodeOptions.PROMPT)) {
      decoded.writeBytes(TOKENIZER.decode(previous, id));
      previous = id;
    }
    assertThat(decoded.toByteArray()).isEqualTo(bytes);
  }

  /** Few characters, so that pairs, runs of one letter, and overlaps are frequent. */
  @Provide
  Arbitrary<String> words() {
    return Arbitraries.strings().withChars("aaabbc  .!1\nZ").ofMinLength(1).ofMaxLength(200);
  }
}
