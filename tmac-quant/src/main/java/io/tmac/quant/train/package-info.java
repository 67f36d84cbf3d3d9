/**
 * Trains small llama models on the CPU, with float or with ternary weights, and what they need:
 * texts from a teacher, tokenizers, and files of tokens.
 */
package io.tmac.quant.train;
