package io.tmac.gateway.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A reply that is sent event by event, each at once. Writing is how a client that has gone is
 * noticed: it throws {@link IOException}. A client that does not read is cut off.
 */
public final class EventStream implements AutoCloseable {
  private final Format format;
  private final OutputStream out;
  private final Streams streams;
  private long lastWrite = System.nanoTime();

  /** How events are written. */
  public enum Format {
    /** Server-sent events. */
    SSE("text/event-stream"),
    /** One JSON object per line. */
    NDJSON("application/x-ndjson");

    private final String contentType;

    Format(String contentType) {
      this.contentType = contentType;
    }

    String contentType() {
      return contentType;
    }
  }

  EventStream(Format format, OutputStream out, Streams streams) {
    this.format = format;
    this.out = out;
    this.streams = streams;
  }

  /** Returns how events are written. */
  public Format format() {
    return format;
  }

  /** Sends an event. */
  public void send(Object event) throws IOException {
    String json = new String(Json.bytes(event), StandardCharsets.UTF_8);
    write(format == Format.SSE ? "data: " + json + "\n\n" : json + "\n");
  }

  /** Sends the mark that ends OpenAI's streams. */
  public void done() throws IOException {
    write("data: [DONE]\n\n");
  }

  /**
   * Sends a comment, which clients ignore, to notice whether they are still there. NDJSON has no
   * comments.
   */
  public void comment() throws IOException {
    write(": ping\n\n");
  }

  /** Returns how long nothing was sent. */
  public Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastWrite);
  }

  private void write(String text) throws IOException {
    streams.write(out, text.getBytes(StandardCharsets.UTF_8));
    lastWrite = System.nanoTime();
  }

  @Override
  public void close() throws IOException {
    streams.close(out);
  }
}
