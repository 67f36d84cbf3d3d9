package io.tmac.model;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.checkpoint.gguf.GgufMetadata;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Makes the tokenizer that a model brings along. */
public final class ModelTokenizer {

  private ModelTokenizer() {}

  /**
   * Makes the tokenizer of a checkpoint.
   *
   * @param checkpoint the model
   * @return its tokenizer, or empty if it brings none along
   * @throws ModelFormatException if the tokenizer is damaged or does not fit the model
   * @throws UnsupportedModelException if it is of a kind that is not supported
   * @throws IOException if a file of it cannot be read
   */
  public static Optional<Tokenizer> of(Checkpoint checkpoint) throws IOException {
    int vocabSize = checkpoint.config().vocabSize();
    return switch (checkpoint.tokenizer().orElse(null)) {
      case null -> Optional.empty();
      case TokenizerSource.Gguf gguf -> Optional.of(of(checkpoint.source(), gguf.metadata()));
      case TokenizerSource.Folder folder -> {
        Path file = folder.folder().resolve("tokenizer.json");
        yield Files.exists(file)
            ? Optional.of(Tokenizer.load(file, vocabSize, folder.bosId(), folder.eosIds()))
            : Optional.empty();
      }
    };
  }

  /**
   * Makes a tokenizer of the metadata of a GGUF file, which may be a vocabulary alone.
   *
   * @param source the file's name, for messages
   * @param metadata its metadata
   * @return the tokenizer
   * @throws ModelFormatException if a part of the vocabulary is missing or does not fit the others
   * @throws UnsupportedModelException if it is of a kind that is not supported
   */
  public static Tokenizer of(String source, GgufMetadata metadata) {
    return GgufVocabulary.tokenizer(source, metadata);
  }
}
