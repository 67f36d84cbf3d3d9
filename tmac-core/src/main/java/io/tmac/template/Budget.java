package io.tmac.template;

/**
 * What a template may spend on one rendering. A template comes with a model and is not to be
 * trusted: it must neither hang nor fill the memory. The limits grow with what it is given.
 */
final class Budget {
  /** Steps for any template; the templates of today need some hundred per message. */
  private static final long BASE_STEPS = 5_000_000;

  private static final long STEPS_PER_CHARACTER = 20;

  /** Bytes of all strings and lists that are made, whether or not they are kept. */
  private static final long BASE_BYTES = 64L << 20;

  private static final long BYTES_PER_CHARACTER = 64;

  /** Items of a range. */
  static final int MAX_RANGE = 100_000;

  /** Lists within lists. */
  static final int MAX_DEPTH = 100;

  private static final int CHARACTERS_PER_STEP = 32;
  private static final int BYTES_PER_ITEM = 24;

  private long steps;
  private long bytes;

  /** A budget for content of so many characters. */
  Budget(long contentLength) {
    steps = BASE_STEPS + STEPS_PER_CHARACTER * contentLength;
    bytes = BASE_BYTES + BYTES_PER_CHARACTER * contentLength;
  }

  void step() {
    spend(1);
  }

  private void spend(long count) {
    steps -= count;
    if (steps < 0) {
      throw new TemplateError("takes too many steps");
    }
  }

  /** Pays for going through so many characters. */
  void scan(long characters) {
    spend(1 + characters / CHARACTERS_PER_STEP);
  }

  /** Pays for looking for a string in another one, place by place. */
  void search(long characters, long sought) {
    long places = Math.max(0, characters - sought) + 1;
    spend(1 + characters / CHARACTERS_PER_STEP);
    if (sought > CHARACTERS_PER_STEP) {
      // Both at most some ten million, so that the product fits.
      spend(places * (sought / CHARACTERS_PER_STEP) / CHARACTERS_PER_STEP);
    }
  }

  /** Pays for a string that will be made. */
  void characters(long count) {
    scan(count);
    take(2 * count);
  }

  /** Pays for a list that will be made. */
  void items(long count) {
    spend(1 + count / 4);
    take(BYTES_PER_ITEM * count);
  }

  private void take(long count) {
    bytes -= count;
    if (bytes < 0) {
      throw new TemplateError("makes too much text");
    }
  }
}
