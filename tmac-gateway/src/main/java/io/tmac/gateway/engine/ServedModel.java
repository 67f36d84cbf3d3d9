package io.tmac.gateway.engine;

import io.tmac.BatcherStatistics;
import java.io.IOException;
import java.util.Optional;

/** A model under its public name. Safe for use by many threads. */
public interface ServedModel extends AutoCloseable {

  /** Returns the name that clients use. */
  String id();

  /** Returns what is known about it. */
  ModelCard card();

  /** Whether it can answer now. */
  boolean ready();

  /**
   * Waits until it can answer, or it is certain that it never will.
   *
   * @throws IOException if it cannot be read
   */
  default void awaitReady() throws IOException, InterruptedException {}

  /**
   * Whether another server runs it. Such a model may come and go, so this server is ready without
   * it.
   */
  default boolean remote() {
    return false;
  }

  /** Returns what its batcher does, or empty if it has none, or none yet. */
  default Optional<BatcherStatistics> statistics() {
    return Optional.empty();
  }

  /**
   * Begins an answer.
   *
   * @param job what is asked
   * @return the running answer; the caller closes it
   * @throws io.tmac.gateway.http.ApiError with status 400 if the model cannot do it, 503 if too
   *     much is waiting already
   */
  Answer begin(Job job);

  @Override
  void close();
}
