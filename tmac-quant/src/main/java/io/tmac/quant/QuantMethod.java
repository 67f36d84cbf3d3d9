package io.tmac.quant;

import java.util.Arrays;
import java.util.stream.Collectors;

/** How {@link Quantizer} chooses codes and scales. */
public enum QuantMethod {

  /** As the original program's scripts do, or for GGUF as ggml's quantisers, byte for byte. */
  PORT("port"),

  /** Ternary: the scale and the codes of each row or block with the least squared error. */
  FITTED("fitted"),

  /**
   * Weights one after the other, each making up for the errors of those before, as far as inputs
   * seen on a calibration text tell (Frantar et al. 2022, GPTQ).
   */
  GPTQ("gptq"),

  /** Four bits: the scale of each block with the least squared error. */
  SEARCH("search");

  private final String id;

  QuantMethod(String id) {
    this.id = id;
  }

  /**
   * The name on the command line and in reports.
   *
   * @return for example {@code "port"}
   */
  public String id() {
    return id;
  }

  /**
   * The method with this name.
   *
   * @param id as {@link #id} tells it
   * @return the method
   * @throws IllegalArgumentException if there is none; it lists those that there are
   */
  public static QuantMethod of(String id) {
    for (QuantMethod method : values()) {
      if (method.id.equals(id)) {
        return method;
      }
    }
    String known = Arrays.stream(values()).map(QuantMethod::id).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("no method " + id + "; there are " + known);
  }
}
