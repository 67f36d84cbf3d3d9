package io.tmac.quant.train;

import java.util.HashMap;
import java.util.Map;

/**
 * Counts the words of a text: the stretches that no piece may reach beyond. The rules look at the
 * characters alone, never at what is around a word, so that an encoder that knows no words, such as
 * the one of {@code tokenizer.bin}, finds the same borders: no piece has any of them inside.
 *
 * <ul>
 *   <li>a space begins a word, and letters or signs may follow it;
 *   <li>a word has letters (with their marks) or other signs, never both;
 *   <li>a digit, or any other number, is a word by itself, without the space before it;
 *   <li>controls such as the line feed, and U+2581, which other files use for the space, are in no
 *       word: they are always bytes.
 * </ul>
 *
 * <p>As an encoder does, this puts a space before each document.
 */
final class Words implements TrainingText.Sink {

  /** Words are cut here, which bounds the work of a merge. Pieces are much shorter. */
  static final int MAX_CHARACTERS = 256;

  private static final int METASPACE = 0x2581; // SentencePiece's space

  private enum Kind {
    SPACE,
    LETTER,
    NUMBER,
    SIGN,
    BYTES
  }

  private final Map<String, Long> counts = new HashMap<>();
  private final StringBuilder word = new StringBuilder();
  private Kind kind = Kind.BYTES; // of the word's last character
  private boolean begun;

  /** The words, and how often each occurs. */
  Map<String, Long> counts() {
    return counts;
  }

  @Override
  public void accept(int character) {
    if (!begun) {
      begun = true;
      append(' ', Kind.SPACE);
    }
    append(character, kindOf(character));
  }

  @Override
  public void endDocument() {
    endWord();
    begun = false;
  }

  private void append(int character, Kind next) {
    boolean joins =
        switch (next) {
          case LETTER, SIGN -> kind == next || kind == Kind.SPACE;
          case SPACE, NUMBER, BYTES -> false;
        };
    if (!joins || word.length() >= MAX_CHARACTERS) {
      endWord();
    }
    if (next != Kind.BYTES) {
      word.appendCodePoint(character);
    }
    kind = next;
  }

  private void endWord() {
    if (!word.isEmpty()) {
      counts.merge(word.toString(), 1L, Long::sum);
      word.setLength(0);
    }
  }

  private static Kind kindOf(int character) {
    if (character == ' ') {
      return Kind.SPACE;
    }
    if (character == METASPACE) {
      return Kind.BYTES;
    }
    return switch (Character.getType(character)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER,
          Character.NON_SPACING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.ENCLOSING_MARK ->
          Kind.LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          Kind.NUMBER;
      case Character.CONTROL -> Kind.BYTES;
      default -> Kind.SIGN;
    };
  }
}
