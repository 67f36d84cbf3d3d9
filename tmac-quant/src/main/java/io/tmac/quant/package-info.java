/**
 * Tools around model files.
 *
 * <p>{@link io.tmac.quant.Quantizer} writes a model with fewer bits per weight, and {@link
 * io.tmac.quant.Converter} in another container. {@link io.tmac.quant.ModelInspector} tells what is
 * in a file, {@link io.tmac.quant.Dequantizer} unpacks a tensor, {@link io.tmac.quant.Perplexity}
 * measures how well a model predicts a text, and {@link io.tmac.quant.Tokenizers} finds the
 * tokenizer of a model without loading its weights.
 *
 * <p>Three classes hold a quantised model against its reference: {@link io.tmac.quant.ModelSize}
 * the room, {@link io.tmac.quant.TensorErrors} the weights, {@link io.tmac.quant.Comparison} the
 * predictions. {@link io.tmac.quant.Main} is the command line over all of them.
 */
package io.tmac.quant;
