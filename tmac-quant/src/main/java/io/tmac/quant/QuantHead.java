package io.tmac.quant;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What {@link Quantizer} makes of the embedding and the classifier, which lose more by rounding
 * than the matrices of the layers do.
 */
public enum QuantHead {

  /** The format of all other matrices. */
  OWN("own"),

  /** 8 bits: Q8_0. */
  Q8_0("q8_0"),

  /** float16. */
  F16("f16"),

  /** What they are in the input; for {@link Quantizer#evaluate} only. */
  KEEP("keep");

  private final String id;

  QuantHead(String id) {
    this.id = id;
  }

  /**
   * The name on the command line.
   *
   * @return for example {@code "q8_0"}
   */
  public String id() {
    return id;
  }

  /**
   * The choice with this name.
   *
   * @param id as {@link #id} tells it
   * @return the choice
   * @throws IllegalArgumentException if there is none; it lists those that there are
   */
  public static QuantHead of(String id) {
    for (QuantHead head : values()) {
      if (head.id.equals(id)) {
        return head;
      }
    }
    String known = Arrays.stream(values()).map(QuantHead::id).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("no head " + id + "; there are " + known);
  }
}
