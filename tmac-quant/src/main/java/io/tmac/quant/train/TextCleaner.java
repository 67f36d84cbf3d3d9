package io.tmac.quant.train;

import io.tmac.TmacException;
import io.tmac.quant.encode.OutputFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes texts of a small teacher fit to be learned from by a smaller model: plain characters, whole
 * sentences, nothing twice, no loops.
 */
public final class TextCleaner {
  /** Words in a row that come up twice in a text that is stuck. */
  private static final int LOOP = 8;

  private static final int FEWEST_WORDS = 20;

  private static final Pattern SENTENCE_END = Pattern.compile("[.!?][\"')]*(?=\\s|$)");

  private TextCleaner() {}

  /**
   * What became of the documents.
   *
   * @param read how many there were
   * @param kept how many are left
   * @param foreign left out: characters beyond ASCII, or markup
   * @param loops left out: the same eight words twice
   * @param brief left out: no whole sentence, or fewer than 20 words
   * @param repeated left out: the same as an earlier one
   */
  public record Cleaned(
      long read, long kept, long foreign, long loops, long brief, long repeated) {}

  /**
   * Cleans a file of texts. Typographic quotes, dashes and dots become ASCII; texts end with their
   * last whole sentence.
   *
   * @param text documents, separated by lines {@code <|endoftext|>} and {@code <|cut|>}
   * @param out the file to write; replaced if it is there
   * @return what became of them
   * @throws TmacException if the text is not UTF-8
   * @throws IOException if a file cannot be read or written
   */
  public static Cleaned clean(Path text, Path out) throws IOException {
    try (OutputFile file = OutputFile.create(out)) {
      BufferedWriter writer =
          new BufferedWriter(Channels.newWriter(file.channel(), StandardCharsets.UTF_8));
      Cleaning cleaning = new Cleaning(writer);
      TrainingText.read(text, cleaning);
      writer.flush();
      file.commit();
      return cleaning.result();
    }
  }

  /** A text in ASCII; empty if it has other characters than those with a plain form. */
  static Optional<String> plain(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\u2018', '\u2019' -> plain.append('\'');
        case '\u201c', '\u201d' -> plain.append('"');
        case '\u2013', '\u2014' -> plain.append('-');
        case '\u2026' -> plain.append("...");
        case '\u00a0', '\t', '\r' -> plain.append(' ');
        default -> {
          boolean markup = c == '*' || c == '#' || c == '<' || c == '[' || c == '|';
          if (markup || c > '~' || (c < ' ' && c != '\n')) {
            return Optional.empty();
          }
          plain.append(c);
        }
      }
    }
    String lines = plain.toString().replaceAll(" *\n *", "\n").replaceAll("\n{2,}", "\n");
    return Optional.of(lines.replaceAll(" {2,}", " ").strip());
  }

  /** A text up to the end of its last whole sentence; empty if it has none. */
  static String wholeSentences(String text) {
    Matcher matcher = SENTENCE_END.matcher(text);
    int end = 0;
    while (matcher.find()) {
      end = matcher.end();
    }
    return text.substring(0, end);
  }

  /** Whether some words in a row come up twice. */
  static boolean loops(List<String> words) {
    Set<List<String>> seen = new HashSet<>();
    for (int i = 0; i + LOOP <= words.size(); i++) {
      if (!seen.add(List.copyOf(words.subList(i, i + LOOP)))) {
        return true;
      }
    }
    return false;
  }

  /** Cleans document after document. */
  private static final class Cleaning implements TrainingText.Documents {
    private final BufferedWriter out;
    private final Set<Long> seen = new HashSet<>();
    private long read;
    private long kept;
    private long foreign;
    private long loops;
    private long brief;
    private long repeated;

    Cleaning(BufferedWriter out) {
      this.out = out;
    }

    @Override
    public void accept(String document) throws IOException {
      read++;
      Optional<String> plain = plain(document);
      if (plain.isPresent()) {
        keep(plain.get());
      } else {
        foreign++;
      }
    }

    private void keep(String plain) throws IOException {
      String text = wholeSentences(plain);
      List<String> words = Arrays.asList(text.split("\\s+"));
      if (words.size() < FEWEST_WORDS) {
        brief++;
      } else if (loops(words)) {
        loops++;
      } else if (!seen.add(fingerprint(text))) {
        repeated++;
      } else {
        kept++;
        out.write(text + "\n" + TrainingText.END + "\n");
      }
    }

    /** FNV-1a of 64 bits: texts need not be kept to be recognised. */
    private static long fingerprint(String text) {
      long hash = 0xcbf29ce484222325L;
      for (int i = 0; i < text.length(); i++) {
        hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
      }
      return hash;
    }

    Cleaned result() {
      return new Cleaned(read, kept, foreign, loops, brief, repeated);
    }
  }
}
