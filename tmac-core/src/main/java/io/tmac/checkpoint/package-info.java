/** Readers of model files: magic, header, then tensors as views of the mapped bytes. */
package io.tmac.checkpoint;
