/**
 * Writes model files: the tensors of a model as stacks of floats, encoders that turn them into
 * bytes chunk by chunk on several threads, and the containers around them. What the codes and
 * scales of a tensor shall be is the strategy {@link io.tmac.quant.encode.Fits}; encoders and
 * containers know no method of quantising.
 */
package io.tmac.quant.encode;
