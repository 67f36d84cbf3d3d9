package io.tmac.tokenizer;

/**
 * A part of a text that is encoded as a whole.
 *
 * @param text the characters
 * @param parseSpecials whether the names of special tokens in it become those tokens. Leave it off
 *     for text that is not your own
 */
public record TextSegment(String text, boolean parseSpecials) {}
