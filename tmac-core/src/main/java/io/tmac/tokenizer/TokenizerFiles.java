package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Finds the tokenizer file that lies beside a model. */
public final class TokenizerFiles {

  private TokenizerFiles() {}

  /**
   * Finds the tokenizer of a model: {@code NAME.tokenizer.bin} beside it, NAME being the model's
   * file name without its extension; else {@code tokenizer.bin}; else the only {@code tok*.bin}
   * that has as many tokens as the model.
   *
   * <p>The first two are taken at their word: one that is there but does not fit is an error. Of
   * the last kind, those that do not fit are passed over, and two that fit count as none.
   *
   * @param model the model's file
   * @param vocabSize the model's vocabulary size, at least 1
   * @return a file that has {@code vocabSize} tokens, or empty if there is none
   * @throws ModelFormatException if {@code NAME.tokenizer.bin} or {@code tokenizer.bin} is there
   *     and is not a tokenizer of {@code vocabSize} tokens
   * @throws IOException if the folder or one of those two cannot be read
   * @throws IllegalArgumentException if {@code vocabSize} is below 1
   */
  public static Optional<Path> find(Path model, int vocabSize) throws IOException {
    if (vocabSize < 1) {
      throw new IllegalArgumentException("vocabSize must be at least 1, is " + vocabSize);
    }
    String name = model.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String stem = dot > 0 ? name.substring(0, dot) : name;
    for (String sibling : List.of(stem + ".tokenizer.bin", "tokenizer.bin")) {
      Path file = model.resolveSibling(sibling);
      if (Files.isRegularFile(file)) {
        TokenizerReader.read(file, OptionalInt.of(vocabSize));
        return Optional.of(file);
      }
    }
    return findByCount(model, vocabSize);
  }

  /**
   * Counts the tokens of a {@code tokenizer.bin}. It reads the lengths only.
   *
   * @param file the file
   * @return the number of tokens, or empty if the file is not a {@code tokenizer.bin}
   * @throws IOException if the file cannot be read
   */
  public static OptionalInt countTokens(Path file) throws IOException {
    return TokenizerBin.countTokens(file, Integer.MAX_VALUE);
  }

  /**
   * Says whether a file looks like a {@code tokenizer.json}: by its name, or by its first bytes.
   *
   * @param file the file
   * @return whether it should be read as JSON
   * @throws IOException if the file cannot be read
   */
  public static boolean isJson(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return TokenizerJson.isJson(file.toString(), in.readNBytes(64));
    }
  }

  private static Optional<Path> findByCount(Path model, int vocabSize) throws IOException {
    Path folder = model.toAbsolutePath().getParent();
    Path only = null;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "tok*.bin")) {
      for (Path file : files) {
        if (!file.getFileName().equals(model.getFileName()) && fits(file, vocabSize)) {
          if (only != null) {
            return Optional.empty();
          }
          only = file;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return Optional.ofNullable(only).map(file -> model.resolveSibling(file.getFileName()));
  }

  /** Says whether the file has exactly so many tokens; one more is all it looks for. */
  private static boolean fits(Path file, int vocabSize) {
    try {
      return Files.isRegularFile(file)
          && TokenizerBin.countTokens(file, vocabSize + 1).equals(OptionalInt.of(vocabSize));
    } catch (IOException e) {
      return false; // not ours to complain about: it only happens to be named like a tokenizer
    }
  }
}
