/** Small programs that show the library. */
module io.tmac.examples {
  requires io.tmac.core;
  requires io.tmac.gateway;
  requires io.tmac.quant;
  requires info.picocli;
  requires jdk.management;
  requires tools.jackson.core;

  opens io.tmac.examples to
      info.picocli;
}
