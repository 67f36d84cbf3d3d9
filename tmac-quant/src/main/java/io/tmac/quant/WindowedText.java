package io.tmac.quant;

import io.tmac.Model;
import io.tmac.TmacException;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The tokens of a text, cut into windows. */
final class WindowedText implements Iterable<WindowedText.Window> {

  /**
   * One window.
   *
   * @param tokens BOS, if the model adds one, and tokens of the text
   * @param firstScored index of the first token to score, at least 1; all behind it are scored too
   */
  record Window(int[] tokens, int firstScored) {

    /** The tokens that predict others: all but the last. */
    int[] inputs() {
      int[] inputs = new int[tokens.length - 1];
      System.arraycopy(tokens, 0, inputs, 0, inputs.length);
      return inputs;
    }

    /** How many tokens are scored. */
    int scored() {
      return Math.max(0, tokens.length - firstScored);
    }
  }

  private final int[] text;
  private final int[] begin;
  private final int room;
  private final int stride;

  private WindowedText(int[] text, int[] begin, int room, int stride) {
    this.text = text;
    this.begin = begin;
    this.room = room;
    this.stride = stride;
  }

  /**
   * Cuts a text.
   *
   * @param model the model whose tokenizer and context count
   * @param utf8 the text; names of special tokens in it are ordinary text
   * @param windows how to cut it
   * @throws TmacException if the model has no tokenizer, or if no token of the text can be scored
   * @throws IllegalArgumentException if a window does not fit the context, or if the stride leaves
   *     tokens out
   */
  static WindowedText of(Model model, byte[] utf8, Windows windows) {
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(() -> new TmacException(model.info().source() + " has no tokenizer"));
    requireFit(model, windows);
    return of(tokenizer, utf8, windows);
  }

  /** Cuts a text into windows that fit the context. */
  static WindowedText of(Tokenizer tokenizer, byte[] utf8, Windows windows) {
    int[] begin = tokenizer.addsBos() ? new int[] {tokenizer.bosId().orElseThrow()} : new int[0];
    return cut(begin, tokenizer.encode(utf8, EncodeOptions.TEXT), windows);
  }

  /** Cuts tokens into windows that begin with {@code begin}. */
  static WindowedText cut(int[] begin, int[] text, Windows windows) {
    int room = windows.size() - begin.length;
    if (windows.stride() > room) {
      throw new IllegalArgumentException(
          "the stride must be from 1 to the "
              + room
              + " text tokens of a window: "
              + windows.stride());
    }
    if (begin.length + text.length < 2) {
      throw new TmacException(
          "the text has " + text.length + " tokens; there is nothing to predict");
    }
    int stride = windows.stride() == Windows.NO_OVERLAP ? room : windows.stride();
    return new WindowedText(text, begin, room, stride);
  }

  /** Throws if a window is longer than the model's context. */
  static void requireFit(Model model, Windows windows) {
    requireFit(model.info().source(), model.info().contextLength(), windows);
  }

  /** Throws if a window is longer than a context. */
  static void requireFit(String source, int contextLength, Windows windows) {
    if (windows.size() > contextLength) {
      throw new IllegalArgumentException(
          "the window must be from 2 to the "
              + contextLength
              + " tokens of the context of "
              + source
              + ": "
              + windows.size());
    }
  }

  /** Tokens of the text, without the BOS of each window. */
  int tokens() {
    return text.length;
  }

  @Override
  public Iterator<Window> iterator() {
    return new Iterator<>() {
      private int from;
      private int scoredTo;

      @Override
      public boolean hasNext() {
        return scoredTo < text.length;
      }

      @Override
      public Window next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        int to = Math.min(from + room, text.length);
        int[] tokens = new int[begin.length + to - from];
        System.arraycopy(begin, 0, tokens, 0, begin.length);
        System.arraycopy(text, from, tokens, begin.length, to - from);
        int firstScored = Math.max(1, begin.length + scoredTo - from);
        scoredTo = to;
        from += stride;
        return new Window(tokens, firstScored);
      }
    };
  }
}
