package io.tmac.model;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.checkpoint.gguf.GgufFile;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
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
      case TokenizerSource.Gguf gguf ->
          Optional.of(GgufVocabulary.tokenizer(checkpoint.source(), gguf.metadata()));
      case TokenizerSource.Folder folder -> {
        Path file = folder.folder().resolve("tokenizer.json");
        yield Files.exists(file)
            ? Optional.of(Tokenizer.load(file, vocabSize, folder.bosId(), folder.eosIds()))
            : Optional.empty();
      }
    };
  }

  /**
   * Reads the tokenizer of a GGUF file. Nothing but its metadata is looked at, so the file may be a
   * vocabulary alone, or a model that this library does not run.
   *
   * @param file a file
   * @return its tokenizer, or empty if it is no GGUF file
   * @throws ModelFormatException if a part of the vocabulary is missing or does not fit the others
   * @throws UnsupportedModelException if it is of a kind that is not supported
   * @throws IOException if the file cannot be read
   */
  public static Optional<Tokenizer> ofGguf(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = ModelFiles.map(file, arena);
      byte[] magic = GgufFile.MAGIC.getBytes(StandardCharsets.US_ASCII);
      boolean gguf =
          bytes.byteSize() >= magic.length
              && bytes.asSlice(0, magic.length).mismatch(MemorySegment.ofArray(magic)) < 0;
      String source = file.toString();
      return gguf
          ? Optional.of(GgufVocabulary.tokenizer(source, GgufFile.read(source, bytes).metadata()))
          : Optional.empty();
    }
  }
}
