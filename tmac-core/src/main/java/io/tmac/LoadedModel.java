package io.tmac;

import io.tmac.kernel.WorkerPool;
import io.tmac.model.Transformer;
import io.tmac.tokenizer.Tokenizer;
import java.lang.foreign.Arena;
import java.util.Optional;

/** Everything that a model owns. */
record LoadedModel(
    ModelInfo info,
    Transformer transformer,
    Optional<Tokenizer> tokenizer,
    Optional<ChatTemplate> chatTemplate,
    WorkerPool pool,
    Arena arena) {

  /** Frees everything. Idempotent, but not to be called by two threads at once. */
  void close() {
    if (arena.scope().isAlive()) {
      pool.close();
      arena.close();
    }
  }
}
