package io.tmac.tokenizer;

/**
 * What {@link Tokenizer#encode(String, EncodeOptions)} does besides splitting the text.
 *
 * @param addBos put the BOS token first if the model wants one ({@link Tokenizer#addsBos()}); a
 *     tokenizer that adds none ignores this
 * @param parseSpecials turn the names of special tokens in the text, such as {@code </s>}, into
 *     those tokens. Off, they are ordinary text; leave it off for text that is not your own
 */
public record EncodeOptions(boolean addBos, boolean parseSpecials) {

  /** The text alone: no BOS, and the names of special tokens are ordinary text. */
  public static final EncodeOptions TEXT = new EncodeOptions(false, false);

  /** A prompt: BOS as the model wants it, and the names of special tokens are ordinary text. */
  public static final EncodeOptions PROMPT = new EncodeOptions(true, false);
}
