package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds for every vocabulary and every text, valid UTF-8 or not. */
class EncodePropertyTest {

  @Property(tries = 2000)
  void encodesAsRunC(
      @ForAll("vocabularies") TokenizerBytes vocabulary, @ForAll("texts") byte[] text) {
    int[] ids = vocabulary.load().encode(text, EncodeOptions.PROMPT);
    assertThat(ids).isEqualTo(new RunC(vocabulary.pieces()).encode(text));
  }

  @Property(tries = 1000)
  void decodesToWhatWasEncoded(
      @ForAll("vocabularies") TokenizerBytes vocabulary, @ForAll("texts") byte[] text) {
    Tokenizer tokenizer = vocabulary.load();
    ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    int previous = Tokenizer.NO_TOKEN;
    for (int id : tokenizer.encode(text, EncodeOptions.PROMPT)) {
      decoded.writeBytes(tokenizer.decode(previous, id));
      previous = id;
    }
    assertThat(decoded.toByteArray()).isEqualTo(text);
  }

  /**
   * Pieces made of earlier pieces, so that merges lead to merges; few different bytes, so that they
   * occur in the texts; few scores, so that there are ties.
   */
  @Provide
  Arbitrary<TokenizerBytes> vocabularies() {
    Arbitrary<Float> scores =
        Arbitraries.of(
            0f,
            -0f,
            1f,
            -1f,
            -2f,
            -3f,
            -4f,
            -1e9f,
            -1e10f,
            -2e10f,
            Float.NaN,
            Float.NEGATIVE_INFINITY,
            Float.POSITIVE_INFINITY,
            Float.MIN_VALUE);
    Arbitrary<List<Join>> joins =
        Combinators.combine(
                Arbitraries.integers().between(0, 1000),
                Arbitraries.integers().between(0, 1000),
                scores)
            .as(Join::new)
            .list()
            .ofMaxSize(40);
    return Combinators.combine(bytes(3).list().ofMaxSize(5), joins)
        .as(EncodePropertyTest::vocabulary);
  }

  /**
   * A piece made of two others.
   *
   * @param left picks the first
   * @param right picks the second
   * @param score its score
   */
  private record Join(int left, int right, float score) {}

  private static TokenizerBytes vocabulary(List<byte[]> odd, List<Join> joins) {
    TokenizerBytes vocabulary =
        TokenizerBytes.withBytes().add(" ", -1).add("a", -1).add("b", -1).add("é", -1);
    odd.forEach(piece -> vocabulary.add(piece, 0));
    for (Join join : joins) {
      int ordinary = vocabulary.pieces().size() - TokenizerBytes.RESERVED;
      ByteArrayOutputStream piece = new ByteArrayOutputStream();
      for (int pick : new int[] {join.left, join.right}) {
        piece.writeBytes(
            vocabulary.pieces().get(TokenizerBytes.RESERVED + pick % ordinary).bytes());
      }
      vocabulary.add(piece.toByteArray(), join.score);
    }
    return vocabulary;
  }

  @Provide
  Arbitrary<byte[]> texts() {
    return bytes(60);
  }

  /** Mostly letters; the rest makes up whole and broken UTF-8. */
  private static Arbitrary<byte[]> bytes(int maxSize) {
    return Arbitraries.frequency(
            Tuple.of(20, (byte) 'a'),
            Tuple.of(10, (byte) 'b'),
            Tuple.of(5, (byte) ' '),
            Tuple.of(1, (byte) 0),
            Tuple.of(2, (byte) 0xC3),
            Tuple.of(2, (byte) 0xA9),
            Tuple.of(1, (byte) 0xF0))
        .array(byte[].class)
        .ofMaxSize(maxSize);
  }
}
