package io.tmac.quant.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextCleanerTest {
  private static final String STORY =
      "One day, a little bear found a red ball in the park. She said, \u201cIt\u2019s fun!\u201d"
          + " Then the bear went home to her mom\u2026";
  private static final String PLAIN =
      "One day, a little bear found a red ball in the park. She said, \"It's fun!\""
          + " Then the bear went home to her mom...";

  @TempDir Path folder;

  @Test
  void keepsWhatIsFitAndCountsTheRest() throws IOException {
    String end = "\n<|endoftext|>\n";
    String loop = "and then they ran and ran to the old house. ".repeat(2);
    Path text =
        Files.writeString(
            folder.resolve("text"),
            STORY
                + end
                + STORY
                + end
                + loop
                + STORY
                + end
                + "# "
                + STORY
                + end
                + "Too short."
                + end
                + STORY.replace("bear", "b\u00e4r")
                + end
                + "A "
                + STORY
                + " And then she\n<|cut|>\n");
    Path out = folder.resolve("out");
    TextCleaner.Cleaned cleaned = TextCleaner.clean(text, out);
    assertThat(cleaned).isEqualTo(new TextCleaner.Cleaned(7, 2, 2, 1, 1, 1));
    assertThat(out).hasContent(PLAIN + end + "A " + PLAIN + end);
  }

  @Test
  void linesAreTidied() {
    assertThat(TextCleaner.plain(" a  b \n\n \n c\td ")).contains("a b\nc d");
    assertThat(TextCleaner.plain("a [b]")).isEmpty();
  }

  @Test
  void sentencesEndWithTheirQuotes() {
    assertThat(TextCleaner.wholeSentences("He said \"Hi!\" and")).isEqualTo("He said \"Hi!\"");
    assertThat(TextCleaner.wholeSentences("It is 3.14 or so")).isEmpty();
  }
}
