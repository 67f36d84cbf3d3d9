package io.tmac.checkpoint;

import io.tmac.checkpoint.gguf.GgufMetadata;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** What a model brings along for its tokenizer and its chats. It is read when it is needed. */
public sealed interface TokenizerSource {

  /**
   * The files of a Hugging Face folder: {@code tokenizer.json}, {@code tokenizer_config.json} and
   * maybe {@code chat_template.jinja}. None of them need be there.
   *
   * @param folder the folder
   * @param bosId what {@code generation_config.json} or else {@code config.json} says
   * @param eosIds the tokens that end a text, from the same place; maybe none
   */
  record Folder(Path folder, OptionalInt bosId, List<Integer> eosIds) implements TokenizerSource {
    /** Copies the list. */
    public Folder {
      eosIds = List.copyOf(eosIds);
    }
  }

  /**
   * The metadata of a GGUF file. It is read from the file when it is asked for, so it lives as long
   * as the checkpoint.
   *
   * @param metadata the metadata; it has {@code tokenizer.ggml.tokens}
   */
  record Gguf(GgufMetadata metadata) implements TokenizerSource {}
}
