package io.tmac.gateway.upstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2): only the data, which is all that OpenAI's
 * interface uses. An event has a largest size, so that another server cannot fill the memory.
 */
final class EventReader {
  private static final int MAX_EVENT = 1 << 20;

  private final InputStream in;
  private boolean skipLineFeed;

  EventReader(InputStream in) {
    this.in = in;
  }

  /**
   * Reads the data of the next event.
   *
   * @return the data, or null at the end of the stream
   * @throws IOException if the stream breaks, or an event is too long
   */
  String next() throws IOException {
    StringBuilder data = new StringBuilder();
    boolean some = false;
    String line = line();
    while (line != null) {
      if (line.isEmpty() && some) {
        return data.toString();
      }
      if (line.startsWith("data:")) {
        data.append(some ? "\n" : "")
            .append(line, line.startsWith("data: ") ? 6 : 5, line.length());
        some = true;
        if (data.length() > MAX_EVENT) {
          throw new IOException("an event has more than " + MAX_EVENT + " characters");
        }
      }
      line = line();
    }
    return null; // An event without an empty line behind it is not complete.
  }

  /** A line ends with LF, CR or both. */
  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = read();
    if (next < 0) {
      return null;
    }
    while (next >= 0 && next != '\n' && next != '\r') {
      if (line.size() == MAX_EVENT) {
        throw new IOException("a line has more than " + MAX_EVENT + " bytes");
      }
      line.write(next);
      next = read();
    }
    skipLineFeed = next == '\r';
    return line.toString(StandardCharsets.UTF_8);
  }

  private int read() throws IOException {
    int next = in.read();
    if (skipLineFeed && next == '\n') {
      next = in.read();
    }
    skipLineFeed = false;
    return next;
  }
}
