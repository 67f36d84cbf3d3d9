package io.tmac.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The special tokens that may be named in a text, the longest name first. Immutable. */
final class SpecialTokens {

  /**
   * A special token.
   *
   * @param id its id
   * @param name its name in a text, not empty
   */
  record Special(int id, byte[] name) {}

  private final List<Special> specials;

  SpecialTokens(List<Special> specials) {
    List<Special> sorted = new ArrayList<>(specials);
    sorted.sort(Comparator.comparingInt((Special special) -> special.name.length).reversed());
    this.specials = List.copyOf(sorted);
  }

  /** Returns the special token whose name is at {@code from}, the longest of several, or null. */
  Special at(byte[] text, int from) {
    for (Special special : specials) {
      int to = from + special.name.length;
      if (to <= text.length
          && Arrays.equals(special.name, 0, special.name.length, text, from, to)) {
        return special;
      }
    }
    return null;
  }
}
