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
    WorkerPool pool,
    Arena arena) {

  void close() {
    pool.close();
    arena.close();
  }
}
