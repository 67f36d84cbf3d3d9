package io.tmac.quant.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Repairs command-line arguments. In the C locale, which containers often have, Java decodes them
 * as ASCII, and each byte of another character becomes U+FFFD. Linux keeps the bytes.
 */
final class Arguments {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
  private static final char REPLACEMENT = '\uFFFD';

  private Arguments() {}

  /** Returns the arguments, decoded as UTF-8 if Java could not decode them. */
  static String[] repaired(String[] args) {
    boolean damaged = String.join("", args).indexOf(REPLACEMENT) >= 0;
    if (!damaged || !Files.isReadable(COMMAND_LINE)) {
      return args;
    }
    try {
      return repaired(args, Files.readAllBytes(COMMAND_LINE));
    } catch (IOException e) {
      return args; // Only the repair is lost.
    }
  }

  /** The same with the bytes of the whole command line, each argument ended by a NUL. */
  static String[] repaired(String[] args, byte[] commandLine) {
    String[] all = new String(commandLine, StandardCharsets.UTF_8).split("\0", -1);
    int first = all.length - 1 - args.length;
    if (first < 0) {
      return args;
    }
    String[] repaired = args.clone();
    for (int i = 0; i < args.length; i++) {
      if (args[i].indexOf(REPLACEMENT) >= 0) {
        repaired[i] = all[first + i];
      }
    }
    return repaired;
  }
}
