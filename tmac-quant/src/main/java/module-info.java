/** Quantises, converts, inspects and evaluates models: a library and a command line. */
module io.tmac.quant {
  requires transitive io.tmac.core;
  requires info.picocli;
  requires tools.jackson.databind;

  exports io.tmac.quant;
  exports io.tmac.quant.cli to
      io.tmac.examples;

  opens io.tmac.quant.cli to
      info.picocli;
}
