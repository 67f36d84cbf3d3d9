package io.tmac;

import java.util.List;

/**
 * Watches a text for stop strings while it is made. Text that may yet turn out to begin one is held
 * back.
 */
final class StopStrings {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Whether a stop string has appeared. */
  boolean stopped() {
    return stopped;
  }

  /** Takes more text and returns what is certain to belong to the output. */
  String accept(String text) {
    if (stops.isEmpty() || text.isEmpty()) {
      return text;
    }
    held.append(text);
    int stop = firstStop();
    if (stop >= 0) {
      stopped = true;
      return release(stop);
    }
    return release(held.length() - longestOpenEnd());
  }

  /** Returns the rest, once no more text will come. */
  String flush() {
    return stopped ? "" : release(held.length());
  }

  private String release(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }

  private int firstStop() {
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /** Length of the longest end of the text that begins a stop string. */
  private int longestOpenEnd() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
