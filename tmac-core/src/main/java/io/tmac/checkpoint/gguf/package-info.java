/**
 * GGUF, the file format of llama.cpp: {@link io.tmac.checkpoint.gguf.GgufFile} reads the container,
 * {@link io.tmac.checkpoint.gguf.GgufReader} makes a checkpoint of it.
 */
package io.tmac.checkpoint.gguf;
