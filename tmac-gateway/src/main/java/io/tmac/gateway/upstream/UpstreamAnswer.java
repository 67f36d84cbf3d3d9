package io.tmac.gateway.upstream;

import io.tmac.gateway.engine.Answer;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * An answer of another server. A thread of its own reads the stream into a short queue; when that
 * is full the thread waits, and with it the other server. {@link #close} ends the connection, which
 * tells the other server to stop.
 */
final class UpstreamAnswer implements Answer {
  /** How long the beginning waits for the other server's status, so that errors have their own. */
  private static final Duration FIRST = Duration.ofSeconds(4);

  private static final int QUEUE = 256;

  private final UpstreamModel.Target target;
  private final boolean chat;
  private final long startNanos = System.nanoTime();
  private final long deadlineNanos;
  private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(QUEUE);
  private final CountDownLatch answered = new CountDownLatch(1);
  private final Thread reader;
  private volatile ApiError refusal;
  private volatile InputStream body;
  private volatile boolean closed;
  private int pieces;
  private long firstNanos;
  private End end;

  private sealed interface Event {
    record Text(Piece piece) implements Event {}

    record Done(String reason, JsonNode usage) implements Event {}

    record Failed(ApiError error) implements Event {}
  }

  private UpstreamAnswer(
      HttpClient client, HttpRequest request, UpstreamModel.Target target, Job job) {
    this.target = target;
    this.chat = job.prompt() instanceof Job.Prompt.Chat;
    deadlineNanos = startNanos + job.deadline().toNanos();
    reader =
        Thread.ofVirtual()
            .name("tmac-gateway-upstream-" + target.id())
            .unstarted(() -> read(client, request));
  }

  /**
   * Sends a request, and waits a moment for the status of the reply.
   *
   * @throws ApiError if the other server refuses or is not there
   */
  static UpstreamAnswer begin(
      HttpClient client, HttpRequest request, UpstreamModel.Target target, Job job) {
    UpstreamAnswer answer = new UpstreamAnswer(client, request, target, job);
    answer.reader.start();
    try {
      boolean known = answer.answered.await(FIRST.toNanos(), TimeUnit.NANOSECONDS);
      if (known && answer.refusal != null) {
        throw answer.refusal;
      }
      return answer;
    } catch (InterruptedException e) {
      answer.close();
      Thread.currentThread().interrupt();
      throw ApiError.of(503, "The server is about to stop").retryAfter(5);
    }
  }

  private void read(HttpClient client, HttpRequest request) {
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      body = response.body();
      if (response.statusCode() != 200) {
        refuse(UpstreamErrors.of(target, response));
        return;
      }
      answered.countDown();
      try (InputStream in = response.body()) {
        follow(new EventReader(in));
      }
    } catch (IOException e) {
      if (!closed) {
        fail(e);
      }
    } catch (InterruptedException e) {
      // Closed: nobody waits for more.
    } finally {
      answered.countDown();
    }
  }

  private void fail(IOException e) {
    try {
      refuse(UpstreamErrors.of(target, e));
    } catch (InterruptedException stop) {
      // Closed meanwhile.
    }
  }

  private void refuse(ApiError error) throws InterruptedException {
    refusal = error;
    answered.countDown();
    events.put(new Event.Failed(error));
  }

  private void follow(EventReader in) throws IOException, InterruptedException {
    String reason = null;
    JsonNode usage = null;
    for (String data = in.next(); data != null && !data.equals("[DONE]"); data = in.next()) {
      JsonNode event;
      try {
        event = Json.MAPPER.readTree(data);
      } catch (JacksonException e) {
        events.put(new Event.Failed(UpstreamErrors.broken(target, "an event is no JSON")));
        return;
      }
      if (event.hasNonNull("error")) {
        events.put(new Event.Failed(UpstreamErrors.within(target, event.path("error"))));
        return;
      }
      if (event.path("usage").isObject()) {
        usage = event.path("usage");
      }
      JsonNode choice = event.path("choices").path(0);
      String text =
          (chat ? choice.path("delta").path("content") : choice.path("text")).asString("");
      if (!text.isEmpty() || choice.path("logprobs").isObject()) {
        events.put(new Event.Text(UpstreamLogprobs.piece(text, choice.path("logprobs"), chat)));
      }
      if (choice.hasNonNull("finish_reason")) {
        reason = choice.path("finish_reason").asString("").equals("length") ? "length" : "stop";
      }
    }
    events.put(
        reason == null
            ? new Event.Failed(UpstreamErrors.broken(target, "the stream has no end"))
            : new Event.Done(reason, usage));
  }

  @Override
  public Optional<Piece> next(Duration patience) throws InterruptedException {
    if (end != null) {
      return Optional.empty();
    }
    long left = Math.max(0, deadlineNanos - System.nanoTime());
    Event event = events.poll(Math.min(patience.toNanos(), left), TimeUnit.NANOSECONDS);
    return switch (event) {
      case null -> {
        if (System.nanoTime() >= deadlineNanos) {
          throw UpstreamErrors.timeout(target);
        }
        yield Optional.empty();
      }
      case Event.Text text -> {
        pieces++;
        firstNanos = firstNanos == 0 ? System.nanoTime() : firstNanos;
        yield Optional.of(text.piece());
      }
      case Event.Done done -> {
        end = new End(done.reason(), usage(done.usage()));
        yield Optional.empty();
      }
      case Event.Failed failed -> throw failed.error();
    };
  }

  /** What the other server counted, or, if it did not, the pieces that came. */
  private Usage usage(JsonNode counted) {
    long now = System.nanoTime();
    long first = firstNanos == 0 ? now : firstNanos;
    Duration reading = Duration.ofNanos(first - startNanos);
    Duration writing = Duration.ofNanos(now - first);
    if (counted == null) {
      return new Usage(0, 0, pieces, Duration.ZERO, reading, writing);
    }
    return new Usage(
        count(counted.path("prompt_tokens")),
        count(counted.path("prompt_tokens_details").path("cached_tokens")),
        count(counted.path("completion_tokens")),
        Duration.ZERO,
        reading,
        writing);
  }

  private static int count(JsonNode number) {
    return number.isIntegralNumber() && number.canConvertToInt()
        ? Math.max(0, number.intValue())
        : 0;
  }

  @Override
  public Optional<End> end() {
    return Optional.ofNullable(end);
  }

  @Override
  public Usage usage() {
    return end != null ? end.usage() : usage(null);
  }

  @Override
  public void close() {
    closed = true;
    reader.interrupt();
    InputStream open = body;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It is not used any more.
      }
    }
  }
}
