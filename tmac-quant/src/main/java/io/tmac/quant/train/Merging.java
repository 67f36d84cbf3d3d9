package io.tmac.quant.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Byte-pair encoding: the most frequent pair of neighbours becomes a new piece, again and again
 * (Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016,
 * section 3.2). Each pair knows the words it is in and how often it occurs, so that a merge touches
 * those words alone, and in them the counts of the neighbours (the paper's supplementary code).
 *
 * <p>Of equally frequent pairs the one whose left piece is older merges first, then the one whose
 * right piece is. The order of the words has no influence.
 *
 * <p>The words end up segmented as an encoder does it that merges any two neighbours that spell a
 * piece, the oldest piece first: before a piece is made, the encoder and this are at the same
 * segmentation of every word, in particular of the piece itself, so that only one pair ever spells
 * it.
 */
final class Merging {

  /** No piece is longer, in characters, as in SentencePiece. */
  static final int MAX_PIECE_CHARACTERS = 16;

  /** What occurs once says nothing about other texts. */
  private static final int MIN_COUNT = 2;

  /** In a word: a character that is not a piece. */
  static final int NO_PIECE = -1;

  /** Two neighbours, and where they occur. */
  private static final class Pair {
    final int left;
    final int right;
    long count;
    long queuedCount; // a copy that stays the same while this is in the queue
    int[] words = new int[4]; // some may have it no longer
    int size;

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }

    void addWord(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, size * 2);
      }
      words[size++] = word;
    }
  }

  private static final Comparator<Pair> MOST_FREQUENT_FIRST =
      Comparator.comparingLong((Pair pair) -> -pair.queuedCount)
          .thenComparingInt(pair -> pair.left)
          .thenComparingInt(pair -> pair.right);

  /** What a piece spells: first the characters, then the merges. */
  private final List<String> pieces;

  private final List<Integer> lengths = new ArrayList<>(); // of the pieces, in characters
  private final int[][] words; // the pieces of each
  private final long[] counts; // how often each occurs
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final PriorityQueue<Pair> queue = new PriorityQueue<>(MOST_FREQUENT_FIRST);

  /** Pairs that are not in the queue yet, because their counts are still growing. */
  private final List<Pair> fresh = new ArrayList<>();

  /**
   * Cuts words into characters.
   *
   * @param wordCounts the words, and how often each occurs
   * @param characters those that are pieces
   */
  Merging(Map<String, Long> wordCounts, List<Integer> characters) {
    Map<Integer, Integer> ids = new HashMap<>();
    pieces = new ArrayList<>();
    for (int character : characters) {
      ids.put(character, pieces.size());
      pieces.add(Character.toString(character));
      lengths.add(1);
    }
    words = new int[wordCounts.size()][];
    counts = new long[words.length];
    int word = 0;
    for (Map.Entry<String, Long> entry : wordCounts.entrySet()) {
      counts[word] = entry.getValue();
      words[word] = entry.getKey().codePoints().map(c -> ids.getOrDefault(c, NO_PIECE)).toArray();
      for (int i = 1; i < words[word].length; i++) {
        count(words[word][i - 1], words[word][i], counts[word], word);
      }
      word++;
    }
    queueFresh();
  }

  /**
   * Merges until there are so many pieces, or no pair is left that occurs twice.
   *
   * @param maxPieces characters and merges
   */
  void merge(int maxPieces) {
    while (pieces.size() < maxPieces) {
      Pair pair = mostFrequent();
      if (pair == null) {
        return;
      }
      int merged = pieces.size();
      pieces.add(pieces.get(pair.left) + pieces.get(pair.right));
      lengths.add(lengths.get(pair.left) + lengths.get(pair.right));
      for (int i = 0; i < pair.size; i++) {
        merge(pair, merged, pair.words[i]);
      }
      pairs.remove(key(pair.left, pair.right));
      queueFresh();
    }
  }

  /** What the pieces spell: the characters, then the merges in their order. */
  List<String> pieces() {
    return pieces;
  }

  /** The pieces that each word is made of now, in the order of the words' map. */
  int[][] segmentation() {
    return words;
  }

  private Pair mostFrequent() {
    while (!queue.isEmpty()) {
      Pair pair = queue.remove();
      if (pair.count == pair.queuedCount) {
        return pair;
      }
      enqueue(pair); // Counts only fall once a pair is here, so it cannot be overdue.
    }
    return null;
  }

  /** Replaces the pair in a word, from left to right. */
  private void merge(Pair pair, int merged, int word) {
    int[] symbols = words[word];
    long count = counts[word];
    int size = 0;
    for (int at = 0; at < symbols.length; size++) {
      boolean last = at + 1 == symbols.length;
      if (last || symbols[at] != pair.left || symbols[at + 1] != pair.right) {
        symbols[size] = symbols[at++];
        continue;
      }
      if (size > 0) {
        count(symbols[size - 1], pair.left, -count, word);
        count(symbols[size - 1], merged, count, word);
      }
      at += 2;
      if (at < symbols.length) {
        count(pair.right, symbols[at], -count, word);
        count(merged, symbols[at], count, word);
      }
      symbols[size] = merged;
    }
    if (size < symbols.length) {
      words[word] = Arrays.copyOf(symbols, size);
    }
  }

  /** Counts a pair more or less often. */
  private void count(int left, int right, long change, int word) {
    if (left == NO_PIECE
        || right == NO_PIECE
        || lengths.get(left) + lengths.get(right) > MAX_PIECE_CHARACTERS) {
      return;
    }
    Pair pair = pairs.get(key(left, right));
    if (pair == null) {
      pair = new Pair(left, right);
      pairs.put(key(left, right), pair);
      fresh.add(pair);
    }
    pair.count += change;
    if (change > 0) {
      pair.addWord(word);
    }
  }

  private void queueFresh() {
    fresh.forEach(this::enqueue);
    fresh.clear();
  }

  private void enqueue(Pair pair) {
    if (pair.count >= MIN_COUNT) {
      pair.queuedCount = pair.count;
      queue.add(pair);
    } else {
      pair.words = new int[1]; // It will never merge.
      pair.size = 0;
    }
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }
}
