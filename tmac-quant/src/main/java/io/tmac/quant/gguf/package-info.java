/** The metadata of GGUF files that are written: what a model and its tokenizer are. */
package io.tmac.quant.gguf;
