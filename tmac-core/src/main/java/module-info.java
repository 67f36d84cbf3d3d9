/**
 * Language models in pure Java: readers, kernels, transformer, sampler and tokenizer behind {@link
 * io.tmac.Model}.
 */
module io.tmac.core {
  requires jdk.incubator.vector;
  requires org.slf4j;
  requires tools.jackson.core;

  exports io.tmac;
  exports io.tmac.format;
  exports io.tmac.sampling;
  exports io.tmac.tokenizer;
  exports io.tmac.checkpoint to
      io.tmac.quant;
  exports io.tmac.checkpoint.gguf to
      io.tmac.quant;
  exports io.tmac.kernel to
      io.tmac.quant;
  exports io.tmac.model to
      io.tmac.quant;

  uses io.tmac.format.PluginFormat;
}
