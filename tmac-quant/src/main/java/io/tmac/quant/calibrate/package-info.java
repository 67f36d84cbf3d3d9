/**
 * Quantisation that looks at what a matrix is used for: it runs the model over a text and chooses
 * the codes that change its outputs least.
 */
package io.tmac.quant.calibrate;
