package io.tmac.quant;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The file formats that {@link Converter} writes. */
public enum ConvertFormat {

  /** llama2.c version 0: float32. */
  V0("v0"),

  /** llama2.c version 1: float32. */
  V1("v1"),

  /** llama2.c version 2: int8 with a float32 scale for each group of up to 64. */
  V2("v2"),

  /** The original program's int8: a float16 scale for each block of 32. */
  Q8V1("q8v1");

  private final String id;

  ConvertFormat(String id) {
    this.id = id;
  }

  /**
   * The name on the command line.
   *
   * @return for example {@code "v0"}
   */
  public String id() {
    return id;
  }

  /**
   * The format with this name.
   *
   * @param id as {@link #id} tells it
   * @return the format
   * @throws IllegalArgumentException if there is none; it lists those that there are
   */
  public static ConvertFormat of(String id) {
    for (ConvertFormat format : values()) {
      if (format.id.equals(id)) {
        return format;
      }
    }
    String known = Arrays.stream(values()).map(ConvertFormat::id).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("no format " + id + "; there are " + known);
  }
}
