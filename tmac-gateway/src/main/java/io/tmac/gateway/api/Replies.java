package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer;
import io.tmac.gateway.engine.Answer.TokenLogprob;
import io.tmac.gateway.engine.Answer.Usage;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.EventStream;
import io.tmac.gateway.http.EventStream.Format;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Runs what a client asks and sends the answers, whole or piece by piece. */
final class Replies {
  /** How long one of several answers is waited for before the next one has its turn. */
  private static final Duration TURN = Duration.ofMillis(20);

  private final Duration heartbeat;

  Replies(ApiOptions options) {
    heartbeat = options.heartbeat();
  }

  /** An answer under way. */
  private static final class Running {
    final int index;
    final Answer answer;
    final StringBuilder text = new StringBuilder();
    final List<TokenLogprob> logprobs = new ArrayList<>();

    Running(int index, Answer answer) {
      this.index = index;
      this.answer = answer;
    }

    boolean isOver() {
      return answer.end().isPresent();
    }

    Shape.Result result() {
      return new Shape.Result(text.toString(), logprobs, answer.end().orElseThrow());
    }
  }

  /**
   * Answers a call.
   *
   * @param call the call
   * @param ask what is asked
   * @param shape how answers are worded
   * @param format how a stream is sent
   */
  void send(Call call, Ask ask, Shape shape, Format format)
      throws IOException, InterruptedException {
    call.model(ask.model().id());
    List<Running> all = new ArrayList<>();
    try {
      for (Job job : ask.jobs()) {
        all.add(new Running(all.size(), ask.model().begin(job)));
      }
      if (ask.stream()) {
        stream(call, ask, all, shape, format);
      } else {
        call.reply(200, shape.whole(whole(all, call::piece)));
      }
    } finally {
      all.forEach(running -> running.answer.close());
      count(call, ask, all);
    }
  }

  /**
   * Runs what is asked without sending anything.
   *
   * @param used told what it took, also if it fails
   */
  List<Shape.Result> run(Ask ask, Consumer<Usage> used) throws InterruptedException {
    List<Running> all = new ArrayList<>();
    try {
      for (Job job : ask.jobs()) {
        all.add(new Running(all.size(), ask.model().begin(job)));
      }
      return whole(all, () -> {});
    } finally {
      all.forEach(running -> running.answer.close());
      used.accept(total(ask, all));
    }
  }

  private List<Shape.Result> whole(List<Running> all, Runnable onPiece)
      throws InterruptedException {
    for (Running running : all) {
      while (!running.isOver()) {
        Optional<Answer.Piece> piece = running.answer.next(heartbeat);
        if (piece.isPresent()) {
          onPiece.run();
          running.text.append(piece.get().text());
          running.logprobs.addAll(piece.get().logprobs());
        }
      }
    }
    return all.stream().map(Running::result).toList();
  }

  private void stream(Call call, Ask ask, List<Running> all, Shape shape, Format format)
      throws IOException, InterruptedException {
    // Not closed after an error of the connection: what is half sent must not look complete.
    EventStream events = call.stream(format);
    try {
      for (Running running : all) {
        send(events, shape.opening(running.index));
      }
      follow(call, all, shape, events);
      send(events, shape.closing(all.stream().map(r -> r.answer.end().orElseThrow()).toList()));
      if (format == Format.SSE && call.openAi()) {
        events.done();
      }
    } catch (ApiError e) {
      call.failed(e);
      events.send(shape.error(e));
    }
    // Whoever reads the numbers of a request that is over finds them.
    count(call, ask, all);
    events.close();
  }

  /** Sends pieces until all answers have ended. */
  private void follow(Call call, List<Running> all, Shape shape, EventStream events)
      throws IOException, InterruptedException {
    List<Running> live = new ArrayList<>(all);
    while (!live.isEmpty()) {
      for (Running running : List.copyOf(live)) {
        Duration patience = live.size() == 1 ? left(events) : TURN;
        Optional<Answer.Piece> piece = running.answer.next(patience);
        if (piece.isPresent()) {
          call.piece();
          if (!piece.get().text().isEmpty() || !piece.get().logprobs().isEmpty()) {
            events.send(shape.piece(running.index, piece.get()));
          }
        } else if (running.isOver()) {
          events.send(shape.ending(running.index, running.answer.end().orElseThrow()));
          live.remove(running);
        }
        if (left(events).isZero()) {
          beat(events, shape);
        }
      }
    }
  }

  /** How long the stream may still be silent. */
  private Duration left(EventStream events) {
    Duration left = heartbeat.minus(events.silence());
    return left.isNegative() ? Duration.ZERO : left;
  }

  private static void beat(EventStream events, Shape shape) throws IOException {
    if (events.format() == Format.SSE) {
      events.comment();
    } else {
      events.send(shape.silence());
    }
  }

  private static void send(EventStream events, List<? extends Object> all) throws IOException {
    for (Object event : all) {
      events.send(event);
    }
  }

  /** Counts what was used, also by answers that nobody waited for. */
  private static void count(Call call, Ask ask, List<Running> all) {
    Usage total = total(ask, all);
    call.tokens(total.promptTokens(), total.cachedTokens(), total.generatedTokens());
    call.queued(total.queued());
  }

  private static Usage total(Ask ask, List<Running> all) {
    return ask.total(all.stream().map(running -> running.answer.usage()).toList());
  }
}
