package io.tmac;

import io.tmac.model.Sequence;
import java.util.ArrayList;
import java.util.List;

/**
 * The sequences of a batcher: those of running generations, for which room is reserved, and those
 * of finished ones, which are kept while there is room, for prompts that begin with the same
 * tokens. Memory is counted in positions, in whole pages. Used by one thread.
 */
final class SequenceCache {
  /** Tokens that two texts must have in common for a copy to be worth its time. */
  static final int MIN_COPY = 16;

  private final Model model;
  private final long capacity;
  private final long keepLimit;

  /** Finished sequences, the least recently used first. */
  private final List<Sequence> kept = new ArrayList<>();

  private final List<Sequence> running = new ArrayList<>();
  private long keptPositions;
  private long reserved;

  /**
   * Creates an empty cache.
   *
   * @param capacity positions of all sequences
   * @param keepLimit positions of finished ones
   */
  SequenceCache(Model model, long capacity, long keepLimit) {
    this.model = model;
    this.capacity = capacity;
    this.keepLimit = keepLimit;
  }

  /** The positions that a generation of so many tokens reserves. */
  static long positions(long tokens) {
    return Math.ceilDiv(tokens, (long) Sequence.PAGE) * Sequence.PAGE;
  }

  /**
   * Returns a sequence that a generation may run on, or null if there is no room for it now. It
   * holds the start of the prompt if a kept one did, at most all of it but the last token.
   *
   * @param prompt the prompt
   * @param maxLength the most tokens that the sequence will have
   */
  Sequence admit(int[] prompt, int maxLength) {
    long positions = positions(maxLength);
    if (reserved + positions > capacity) {
      return null;
    }
    Sequence sequence = null;
    Sequence source = longest(kept, prompt);
    if (source != null) {
      kept.remove(source);
      int common = source.common(prompt, prompt.length - 1);
      boolean mostlyUseful = 2 * common >= source.length();
      if (mostlyUseful || reserved + positions + source.capacity() > capacity) {
        keptPositions -= source.capacity();
        source.truncate(common);
        source.trim(maxLength);
        sequence = source;
      } else {
        kept.add(source); // It will be copied from, and goes last.
      }
    }
    if (sequence == null) {
      sequence = model.newSequence();
    }
    reserved += positions;
    running.add(sequence);
    shrink();
    return sequence;
  }

  /** Copies what the sequence of a generation that is about to begin lacks, if another has it. */
  void copyPrefix(Sequence sequence, int[] prompt) {
    int limit = prompt.length - 1;
    Sequence keptSource = longest(kept, prompt);
    Sequence runningSource = longest(running, prompt);
    int keptCommon = keptSource == null ? 0 : keptSource.common(prompt, limit);
    int runningCommon = runningSource == null ? 0 : runningSource.common(prompt, limit);
    int common = Math.max(keptCommon, runningCommon);
    if (common >= sequence.length() + MIN_COPY) {
      sequence.copy(keptCommon >= runningCommon ? keptSource : runningSource, common);
    }
  }

  /** The sequence that has most of the start of a prompt, or null if none has any. */
  private static Sequence longest(List<Sequence> sequences, int[] prompt) {
    Sequence longest = null;
    int most = 0;
    for (Sequence sequence : sequences) {
      int common = sequence.common(prompt, prompt.length - 1);
      if (common > most || (common == most && common > 0)) { // of equals the most recent one
        most = common;
        longest = sequence;
      }
    }
    return longest;
  }

  /**
   * Takes back the sequence of a generation.
   *
   * @param maxLength what {@link #admit} was told
   * @param keep whether another generation may go on from it
   */
  void release(Sequence sequence, int maxLength, boolean keep) {
    running.remove(sequence);
    reserved -= positions(maxLength);
    if (keep && sequence.length() > 0) {
      sequence.trim(sequence.length());
      kept.add(sequence);
      keptPositions += sequence.capacity();
      shrink();
    }
  }

  /** Forgets the least recently used of the kept sequences, until the others fit. */
  private void shrink() {
    long limit = Math.min(keepLimit, capacity - reserved);
    while (keptPositions > limit) {
      keptPositions -= kept.removeFirst().capacity();
    }
  }

  /** Forgets all kept sequences. */
  void clear() {
    kept.clear();
    keptPositions = 0;
  }

  /** The positions that have memory. */
  long positions() {
    long positions = keptPositions;
    for (Sequence sequence : running) {
      positions += sequence.capacity();
    }
    return positions;
  }
}
