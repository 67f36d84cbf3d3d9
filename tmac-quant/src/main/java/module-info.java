/** Quantises, converts, inspects and evaluates models: a library and a command line. */
module io.tmac.quant {
  requires transitive io.tmac.core;
  requires jdk.incubator.vector;
  requires info.picocli;
  requires tools.jackson.databind;

  // For ErrorChart alone, which says what is missing.
  requires static java.desktop;
  requires static org.knowm.xchart;

  exports io.tmac.quant;
  exports io.tmac.quant.cli to
      io.tmac.examples;
  exports io.tmac.quant.train;

  opens io.tmac.quant.cli to
      info.picocli;
}
