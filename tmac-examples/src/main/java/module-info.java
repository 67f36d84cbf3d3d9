/** Small programs that show the library. */
module io.tmac.examples {
  requires io.tmac.core;
  requires io.tmac.quant;
  requires info.picocli;

  opens io.tmac.examples to
      info.picocli;
}
