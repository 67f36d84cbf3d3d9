/**
 * Sampling: turns the logits of a model, {@code float[vocabSize]}, into the next token.
 *
 * <p>{@link io.tmac.sampling.SamplingOptions} says how to choose, {@link io.tmac.sampling.Sampler}
 * chooses, {@link io.tmac.sampling.Logprobs} reports how probable the model itself found a token.
 *
 * <h2>The steps and their order</h2>
 *
 * <ol>
 *   <li><b>Penalties</b> for tokens that were seen before: repetition, then frequency and presence.
 *       They come first because the repetition penalty depends on the sign of a logit, so it must
 *       see the logits as the model made them.
 *   <li><b>Logit bias</b>, after the penalties, so that no penalty weakens a forced token or
 *       revives a forbidden one.
 *   <li><b>Temperature</b>: logits are divided by it. At 0 the highest logit wins and nothing below
 *       applies.
 *   <li><b>Top-k</b>: the k highest logits stay. Softmax over them gives probabilities.
 *   <li><b>Top-p</b> (nucleus): the shortest list of most probable tokens stays whose
 *       probabilities, after top-k, add up to more than p. The token that crosses p is included, as
 *       in llama2.c.
 *   <li><b>Min-p</b>: tokens stay that are at least {@code minP} times as probable as the best one.
 *   <li><b>Draw</b>: one token of those left, in proportion to their probabilities.
 * </ol>
 *
 * <p>Temperature comes before top-p, as in llama2.c and the paper of top-p: a higher temperature
 * widens the nucleus.
 *
 * <p>Tokens are always ordered by descending logit and, where logits are equal, by ascending token.
 * The filters keep a front part of that order, so the strictest of them decides.
 *
 * <h2>Sources</h2>
 *
 * <ul>
 *   <li>Repetition penalty: Keskar et al., "CTRL", 2019, section 4.1, with llama.cpp's correction
 *       for negative logits.
 *   <li>Top-k: Fan et al., "Hierarchical Neural Story Generation", 2018, section 5.2.
 *   <li>Top-p: Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020, section 3.1.
 *   <li>Min-p: Nguyen et al., "Turning Up the Heat: Min-p Sampling", 2024.
 *   <li>Presence and frequency penalty, logit bias, logprobs: OpenAI API reference.
 * </ul>
 */
package io.tmac.sampling;
