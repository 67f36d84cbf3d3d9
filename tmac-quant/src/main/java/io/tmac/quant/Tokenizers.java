package io.tmac.quant;

import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.model.ModelTokenizer;
import io.tmac.tokenizer.Tokenizer;
import io.tmac.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Loads tokenizers, of models or alone. */
public final class Tokenizers {

  private Tokenizers() {}

  /**
   * Loads a tokenizer. The bytes of the file decide what it is. Of a model only the headers are
   * read, to find the tokenizer that belongs to it: in the file or folder, else beside it. A GGUF
   * file may be a vocabulary alone; a {@code tokenizer.bin} that stands alone is read to its end.
   *
   * @param path a model file, a folder that holds exactly one, a Hugging Face folder, a {@code
   *     tokenizer.json} or a {@code tokenizer.bin}
   * @return the tokenizer
   * @throws TmacException if it is a model that has no tokenizer
   * @throws ModelFormatException if the file is neither a model nor a tokenizer, or is damaged, or
   *     if the tokenizer beside the model does not fit
   * @throws UnsupportedModelException if it is a model or tokenizer of a kind that this library
   *     does not read
   * @throws IOException if a file cannot be read
   */
  public static Tokenizer load(Path path) throws IOException {
    Path json = path.resolve("tokenizer.json");
    if (Files.isRegularFile(json)) {
      return Tokenizer.load(json);
    }
    Path file = ModelFiles.resolve(path);
    if (Files.isDirectory(file)) {
      throw missing(file, "tokenizer.json in it");
    }
    if (TokenizerFiles.isJson(file)) {
      return Tokenizer.load(file);
    }
    Optional<Tokenizer> own = ModelTokenizer.ofGguf(file);
    return own.isPresent() ? own.get() : beside(file);
  }

  /** The tokenizer that lies beside a model, or is the file itself. */
  private static Tokenizer beside(Path file) throws IOException {
    int vocabSize;
    try {
      vocabSize = vocabSize(file);
    } catch (UnsupportedModelException e) {
      throw e;
    } catch (ModelFormatException e) {
      if (TokenizerFiles.countTokens(file).isPresent()) {
        return Tokenizer.load(file);
      }
      throw new ModelFormatException(
          e.file(), e.offset(), e.expected(), e.found() + "; it is no tokenizer.bin either");
    }
    Path tokenizer =
        TokenizerFiles.find(file, vocabSize)
            .orElseThrow(() -> missing(file, "tokenizer.bin beside it"));
    return Tokenizer.load(tokenizer, vocabSize);
  }

  private static TmacException missing(Path model, String where) {
    return new TmacException(
        model + " has no tokenizer: put its " + where + ", or name that file instead of the model");
  }

  private static int vocabSize(Path model) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return CheckpointReader.open(model, arena).config().vocabSize();
    }
  }
}
