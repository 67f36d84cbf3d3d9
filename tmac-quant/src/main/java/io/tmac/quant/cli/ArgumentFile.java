package io.tmac.quant.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments from files, for recipes: {@code @FILE} stands for the lines of a file. A line has an
 * option and, behind a space, its value; empty lines and those that begin with {@code #} are
 * skipped. An option of the command line goes before the file's.
 */
final class ArgumentFile {

  private ArgumentFile() {}

  /**
   * Puts the lines of files in the place of their names.
   *
   * @throws IOException if a file cannot be read
   */
  static String[] expanded(String[] args) throws IOException {
    List<String> all = new ArrayList<>();
    for (String arg : args) {
      if (arg.length() > 1 && arg.startsWith("@")) {
        for (String line : Files.readAllLines(Path.of(arg.substring(1)), StandardCharsets.UTF_8)) {
          add(line.strip(), args, all);
        }
      } else {
        all.add(arg);
      }
    }
    return all.toArray(String[]::new);
  }

  private static void add(String line, String[] args, List<String> all) {
    if (line.isEmpty() || line.startsWith("#")) {
      return;
    }
    String[] option = line.split("\\s+", 2);
    for (String arg : args) {
      if (arg.equals(option[0]) || arg.startsWith(option[0] + "=")) {
        return;
      }
    }
    all.addAll(List.of(option));
  }
}
