/**
 * Text to token ids and back.
 *
 * <p>{@link io.tmac.tokenizer.Tokenizer} is what the rest of the library sees; {@code
 * Tokenizer.load} picks the implementation from the file, {@code Tokenizer.of} takes a vocabulary
 * from another container. {@link io.tmac.tokenizer.StreamDecoder} turns ids into text while they
 * are generated and never hands out half a character. {@link io.tmac.tokenizer.TokenizerFiles}
 * finds the tokenizer that lies beside a model.
 *
 * <p>Text flows one way: {@code AddedTokens} cuts special tokens out, a {@code Normalizer} rewrites
 * what is left, a {@code PreTokenizer} cuts it into {@code Pieces}, {@code BytePairEncoder} makes
 * symbols of a piece, {@code PairMerger} joins them as {@code Merges} says. {@code
 * BytePairTokenizer} is that chain; {@code VocabularyTokenizers} and {@code TokenizerJson} choose
 * its parts. {@code Llama2cTokenizer} needs the last two steps only.
 *
 * <p>Tokenizers are immutable and safe for use by many threads; decoders are not.
 */
package io.tmac.tokenizer;
