package io.tmac.quant.train;

import io.tmac.TmacException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What a teacher is asked, and how its answer begins, in many variations. Immutable.
 *
 * <p>The file is UTF-8 text of sections. Empty lines and those that begin with {@code #} are
 * skipped; each other line is an entry, without the spaces around it.
 *
 * <pre>
 *   [ask]
 *   Write a story about {who} {where}.
 *   [start]
 *   Once upon a time there was {who}.
 *   [who]
 *   a girl named Lily
 *   a little bear
 *   [where]
 *   in the park
 * </pre>
 *
 * <p>For each text an entry of {@code [ask]} and one of {@code [start]} are drawn, and for each
 * {name} in them an entry of the list of that name, once: the same one wherever it stands. Either
 * of the two sections may be missing. All entries of a list are equally likely.
 */
public final class Prompts {

  /**
   * One of the variations.
   *
   * @param ask what the teacher is asked; empty if the file has no {@code [ask]}
   * @param start how its answer begins; "" if the file has no {@code [start]}
   */
  public record Prompt(Optional<String> ask, String start) {}

  private static final String ASK = "ask";
  private static final String START = "start";

  /** The sections whose entries have names in them. */
  private static final Set<String> TEMPLATES = Set.of(ASK, START);

  /**
   * A line of the file.
   *
   * @param number counted from 1
   */
  private record Line(int number, String text) {}

  private final String file;
  private final Map<String, List<Line>> sections = new LinkedHashMap<>();

  private Prompts(String file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @param file the file
   * @return its prompts
   * @throws TmacException if it is not of this kind; the message names the line
   * @throws IOException if it cannot be read
   */
  public static Prompts read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "is a folder, no file of prompts");
    }
    try {
      return of(file.toString(), Files.readAllLines(file));
    } catch (CharacterCodingException e) {
      throw new TmacException(file + " is not UTF-8 text: convert it", e);
    }
  }

  /**
   * No prompts: texts begin with BOS alone, so that a model writes what it likes.
   *
   * @return prompts without an ask and with an empty start
   */
  public static Prompts none() {
    return new Prompts("none");
  }

  /** Takes the lines of a file. */
  static Prompts of(String file, List<String> lines) {
    Prompts prompts = new Prompts(file);
    prompts.parse(lines);
    prompts.check();
    return prompts;
  }

  /**
   * Whether the teacher is asked for something.
   *
   * @return whether there is an {@code [ask]}
   */
  public boolean hasAsk() {
    return sections.containsKey(ASK);
  }

  /**
   * Whether beginnings are given.
   *
   * @return whether there is a {@code [start]}
   */
  public boolean hasStart() {
    return sections.containsKey(START);
  }

  /** Whether these are {@link #none}. */
  boolean isNone() {
    return sections.isEmpty();
  }

  /**
   * Draws a variation: the entry of {@code [ask]} first, then its names from left to right, then
   * the entry of {@code [start]} and its names.
   *
   * @param random decides
   * @return the prompt
   */
  public Prompt draw(RandomGenerator random) {
    Map<String, String> bound = new HashMap<>();
    Optional<String> ask =
        hasAsk() ? Optional.of(fill(drawn(ASK, random), bound, random)) : Optional.empty();
    String start = hasStart() ? fill(drawn(START, random), bound, random) : "";
    return new Prompt(ask, start);
  }

  private String drawn(String section, RandomGenerator random) {
    List<Line> lines = sections.get(section);
    return lines.get(random.nextInt(lines.size())).text;
  }

  /** Replaces each {name} by what it is bound to, drawn at the first time. */
  private String fill(String template, Map<String, String> bound, RandomGenerator random) {
    StringBuilder text = new StringBuilder();
    int from = 0;
    for (int open; (open = template.indexOf('{', from)) >= 0; ) {
      int close = template.indexOf('}', open);
      String name = template.substring(open + 1, close);
      text.append(template, from, open)
          .append(bound.computeIfAbsent(name, list -> drawn(list, random)));
      from = close + 1;
    }
    return text.append(template, from, template.length()).toString();
  }

  private void parse(List<String> lines) {
    List<Line> section = null;
    Line heading = null;
    for (int i = 0; i < lines.size(); i++) {
      Line line = new Line(i + 1, lines.get(i).strip());
      if (line.text.isEmpty() || line.text.startsWith("#")) {
        continue;
      }
      if (line.text.startsWith("[")) {
        requireEntries(heading, section);
        heading = line;
        section = new ArrayList<>();
        if (sections.putIfAbsent(name(line), section) != null) {
          throw error(line, "the section " + line.text + " is there twice: join them");
        }
      } else if (section == null) {
        throw error(line, "expected a section such as [start], found: " + line.text);
      } else {
        section.add(line);
      }
    }
    requireEntries(heading, section);
  }

  private String name(Line heading) {
    if (!heading.text.matches("\\[[^\\[\\]{}]+]")) {
      throw error(heading, "expected a section such as [start], found: " + heading.text);
    }
    return heading.text.substring(1, heading.text.length() - 1);
  }

  private void requireEntries(Line heading, List<Line> section) {
    if (heading != null && section.isEmpty()) {
      throw error(heading, "the section " + heading.text + " is empty: give it a line, or drop it");
    }
  }

  private void check() {
    if (!hasAsk() && !hasStart()) {
      throw new TmacException(file + " has neither [ask] nor [start]: what is the teacher to do?");
    }
    sections.forEach((name, lines) -> lines.forEach(line -> checkNames(name, line)));
  }

  private void checkNames(String section, Line line) {
    int from = 0;
    for (int open; (open = line.text.indexOf('{', from)) >= 0; from = open + 1) {
      int close = line.text.indexOf('}', open);
      if (close < 0) {
        throw error(line, "expected } after {: " + line.text);
      }
      String name = line.text.substring(open + 1, close);
      if (!TEMPLATES.contains(section)) {
        throw error(line, "{" + name + "} in [" + section + "]: only [ask] and [start] have names");
      }
      if (TEMPLATES.contains(name) || !sections.containsKey(name)) {
        throw error(line, "{" + name + "} is unknown: there is no list [" + name + "]");
      }
    }
  }

  private TmacException error(Line line, String message) {
    return new TmacException(file + ", line " + line.number + ": " + message);
  }
}
