package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** Reads tokenizer files; their bytes decide what they are. */
final class TokenizerReader {

  /** The largest there are take 35 MB, for 256,000 tokens. Bounds what is read. */
  static final int MAX_FILE_BYTES = 64 << 20;

  private TokenizerReader() {}

  static Tokenizer read(Path path, OptionalInt vocabSize) throws IOException {
    TokenizerSettings settings = TokenizerSettings.of(OptionalInt.empty(), List.of());
    return read(path, vocabSize, settings);
  }

  static Tokenizer read(Path path, OptionalInt vocabSize, TokenizerSettings settings)
      throws IOException {
    String name = path.toString();
    byte[] bytes = bytes(path);
    if (!TokenizerJson.isJson(name, bytes)) {
      return read(bytes, name, vocabSize, settings);
    }
    Path config = path.resolveSibling("tokenizer_config.json");
    return read(
        bytes,
        name,
        vocabSize,
        Files.isRegularFile(config) ? settings.with(config.toString(), bytes(config)) : settings);
  }

  static Tokenizer read(InputStream in, String name, OptionalInt vocabSize) throws IOException {
    return read(bytes(in, name), name, vocabSize, TokenizerSettings.NONE);
  }

  private static Tokenizer read(
      byte[] bytes, String name, OptionalInt vocabSize, TokenizerSettings settings) {
    if (vocabSize.isPresent() && vocabSize.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "vocabSize must be at least 1, is " + vocabSize.getAsInt());
    }
    if (!TokenizerJson.isJson(name, bytes)) {
      return new Llama2cTokenizer(TokenizerBin.parse(bytes, name, vocabSize));
    }
    Tokenizer tokenizer = TokenizerJson.read(name, bytes, settings);
    if (tokenizer.vocabSize() > vocabSize.orElse(Integer.MAX_VALUE)) {
      throw new ModelFormatException(
          name,
          0,
          "a tokenizer with at most " + vocabSize.getAsInt() + " tokens, as many as the model has",
          "one with " + tokenizer.vocabSize() + " tokens; the two do not belong together");
    }
    return tokenizer;
  }

  static byte[] bytes(Path path) throws IOException {
    if (Files.exists(path) && !Files.isRegularFile(path)) { // a pipe would block
      throw new FileSystemException(path.toString(), null, "is not a regular file");
    }
    try (InputStream in = Files.newInputStream(path)) {
      return bytes(in, path.toString());
    }
  }

  private static byte[] bytes(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
    if (bytes.length > MAX_FILE_BYTES) {
      throw new ModelFormatException(
          name,
          MAX_FILE_BYTES,
          "the end of a tokenizer, at most " + MAX_FILE_BYTES + " bytes",
          "more bytes");
    }
    return bytes;
  }
}
