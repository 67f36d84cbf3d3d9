package io.tmac.gateway.testing;

import io.tmac.gateway.engine.Answer;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.ModelCard;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.ApiError;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** A model that says what a test wants, when the test wants it. */
public final class ScriptedModel implements ServedModel {
  private final String id;
  private final int pieces;
  private final IntFunction<String> script;
  private final Duration pause;

  /** Pieces that were asked for, of all answers. */
  public final AtomicInteger taken = new AtomicInteger();

  /** Answers that were closed. */
  public final AtomicInteger closed = new AtomicInteger();

  /** The last job that began. */
  public volatile Job job;

  /** What goes wrong instead of the first piece, or null. */
  public volatile ApiError failure;

  /** What goes wrong at once, or null. */
  public volatile ApiError refusal;

  /**
   * Creates a model.
   *
   * @param id its name
   * @param pieces how many pieces an answer has
   * @param pause how long each of them takes
   * @param script the text of a piece, by its number
   */
  public ScriptedModel(String id, int pieces, Duration pause, IntFunction<String> script) {
    this.id = id;
    this.pieces = pieces;
    this.pause = pause;
    this.script = script;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public ModelCard card() {
    return new ModelCard(
        Instant.EPOCH,
        1,
        "sha256:0123456789abcdef",
        "none",
        "llama",
        1000,
        "f32",
        100,
        Optional.empty(),
        Map.of());
  }

  @Override
  public boolean ready() {
    return true;
  }

  @Override
  public Answer begin(Job job) {
    if (refusal != null) {
      throw refusal;
    }
    this.job = job;
    return new Scripted();
  }

  @Override
  public void close() {
    // It holds nothing.
  }

  private final class Scripted implements Answer {
    private int next;
    private Duration left = pause;
    private End end;
    private boolean open = true;

    @Override
    public Optional<Piece> next(Duration patience) throws InterruptedException {
      if (failure != null && next == 1) {
        throw failure;
      }
      if (next == pieces) {
        end = new End("stop", usage());
        return Optional.empty();
      }
      if (patience.compareTo(left) < 0) {
        Thread.sleep(patience);
        left = left.minus(patience);
        return Optional.empty();
      }
      Thread.sleep(left);
      left = pause;
      taken.incrementAndGet();
      return Optional.of(new Piece(script.apply(next++), List.of()));
    }

    @Override
    public Optional<End> end() {
      return Optional.ofNullable(end);
    }

    @Override
    public Usage usage() {
      return new Usage(7, 3, next, Duration.ZERO, Duration.ZERO, Duration.ZERO);
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        closed.incrementAndGet();
      }
    }
  }
}
