/**
 * Text to token ids and back.
 *
 * <p>{@link io.tmac.tokenizer.Tokenizer} is what the rest of the library sees; {@code
 * Tokenizer.load} picks the implementation from the file. {@link io.tmac.tokenizer.StreamDecoder}
 * turns ids into text while they are generated and never hands out half a character. {@link
 * io.tmac.tokenizer.TokenizerFiles} finds the tokenizer that lies beside a model.
 *
 * <p>Bytes flow one way: {@code TokenizerBin} reads the file into a {@code Vocabulary} and its
 * scores; {@code Llama2cTokenizer} cuts a text into characters; {@code PairMerger} joins them into
 * pieces.
 *
 * <p>Tokenizers are immutable and safe for use by many threads; decoders are not.
 */
package io.tmac.tokenizer;
