package io.tmac.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tmac.ModelFormatException;
import io.tmac.testing.Shared;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A damaged file gets a {@link ModelFormatException} or works; nothing else, and soon. */
class BadTokenizerBinTest {

  private static final String GROUP = "tokenizer_bin";
  private static final int BASELINE_TOKENS = 263;

  private interface Loader {
    Tokenizer load() throws IOException;
  }

  @TestFactory
  List<DynamicTest> badFiles() {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode one :
        JsonMapper.shared().readTree(Shared.path("vectors/bad/files/manifest.json")).get("cases")) {
      if (one.get("group").asString().equals(GROUP)) {
        String name = one.get("file").asString();
        Path file = Shared.path("vectors/bad/files/" + GROUP + "/" + name);
        String expect = one.get("expect").asString();
        tests.add(
            dynamicTest(
                name + " (" + one.get("why").asString() + "): " + expect,
                () ->
                    assertTimeoutPreemptively(
                        Duration.ofSeconds(1),
                        () -> {
                          check(expect, name, () -> Tokenizer.load(file, BASELINE_TOKENS));
                          if (!name.equals("vocab_smaller_than_model.bin")) {
                            check(expect, name, () -> Tokenizer.load(file));
                          }
                        })));
      }
    }
    assertThat(tests).hasSize(15);
    return tests;
  }

  private static void check(String expect, String name, Loader loader) throws IOException {
    try {
      Tokenizer tokenizer = loader.load();
      use(tokenizer);
      assertThat(expect).isIn("accept", "either");
    } catch (ModelFormatException e) {
      assertThat(e).hasMessageContaining(name).hasMessageContaining("at offset ");
      if (expect.equals("accept")) {
        fail("must load", e);
      }
    }
  }

  @Property(tries = 5000)
  void flippedBits(
      @ForAll @IntRange(max = 1 << 20) int at,
      @ForAll @IntRange(max = 1 << 20) int at2,
      @ForAll @IntRange(min = 1, max = 255) int flip)
      throws IOException {
    byte[] file = TokenizerBytes.small().bytes();
    file[at % file.length] ^= (byte) flip;
    file[at2 % file.length] ^= (byte) flip;
    loadAndUse(file);
  }

  /** Puts the bytes [from, from + count) at another place, over what is there or between. */
  @Property(tries = 5000)
  void splicedBytes(
      @ForAll @IntRange(max = 1 << 20) int from,
      @ForAll @IntRange(max = 200) int count,
      @ForAll @IntRange(max = 1 << 20) int at,
      @ForAll boolean insert)
      throws IOException {
    byte[] file = TokenizerBytes.small().bytes();
    int start = from % file.length;
    int end = Math.min(start + count, file.length);
    int target = at % file.length;
    byte[] spliced = Arrays.copyOf(file, file.length + end - start);
    System.arraycopy(file, start, spliced, target, end - start);
    if (insert) {
      System.arraycopy(file, target, spliced, target + end - start, file.length - target);
    } else {
      spliced = Arrays.copyOf(spliced, Math.max(file.length, target + end - start));
    }
    loadAndUse(spliced);
  }

  @Property(tries = 2000)
  void noise(@ForAll byte[] noise, @ForAll @IntRange(max = 1 << 20) int at) throws IOException {
    byte[] file = TokenizerBytes.small().bytes();
    int target = at % file.length;
    System.arraycopy(noise, 0, file, target, Math.min(noise.length, file.length - target));
    loadAndUse(file);
    loadAndUse(noise);
  }

  private static void loadAndUse(byte[] file) throws IOException {
    for (int vocabSize : new int[] {0, TokenizerBytes.small().pieces().size()}) {
      ByteArrayInputStream in = new ByteArrayInputStream(file);
      try {
        use(vocabSize == 0 ? Tokenizer.load(in, "x") : Tokenizer.load(in, "x", vocabSize));
      } catch (ModelFormatException e) {
        assertThat(e.offset()).isBetween(0L, (long) file.length);
      }
    }
  }

  private static void use(Tokenizer tokenizer) {
    for (String text : List.of("the in aaaa", "a".repeat(40) + "!", "é\0😀</s>")) {
      for (boolean specials : new boolean[] {false, true}) {
        int[] ids = tokenizer.encode(text, new EncodeOptions(true, specials));
        assertThat(ids).startsWith(1);
        for (int id : ids) {
          assertThat(id).isBetween(0, tokenizer.vocabSize() - 1);
        }
        tokenizer.decode(ids);
      }
    }
  }
}
