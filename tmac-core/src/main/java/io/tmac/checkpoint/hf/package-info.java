/** Models in Hugging Face folders: {@code config.json} and safetensors files. */
package io.tmac.checkpoint.hf;
