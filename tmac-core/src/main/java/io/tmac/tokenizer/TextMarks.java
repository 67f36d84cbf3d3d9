package io.tmac.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens around a text.
 *
 * @param bosId begins a text; empty if the vocabulary has no such token
 * @param eosId ends a text; empty if the vocabulary has no such token
 * @param unknownId stands for what has no token; empty if the vocabulary has no such token
 * @param endIds further tokens after which generation ends, such as the end of a turn
 * @param addBos whether the model wants BOS before a text; needs {@code bosId}
 * @param addEos whether the model wants EOS after a text; needs {@code eosId}
 */
public record TextMarks(
    OptionalInt bosId,
    OptionalInt eosId,
    OptionalInt unknownId,
    Set<Integer> endIds,
    boolean addBos,
    boolean addEos) {

  /**
   * Copies the set.
   *
   * @throws IllegalArgumentException if a token is to be added that there is not
   */
  public TextMarks {
    endIds = Set.copyOf(endIds);
    if (addBos && bosId.isEmpty()) {
      throw new IllegalArgumentException("addBos without a bosId");
    }
    if (addEos && eosId.isEmpty()) {
      throw new IllegalArgumentException("addEos without an eosId");
    }
  }
}
