package io.tmac.quant;

import io.tmac.quant.encode.TensorMajorFormat;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The file formats that {@link Quantizer} writes. */
public enum QuantFormat {

  /** Codes from -8 to 7 in blocks of 32 with a scale; 4.5 bits per weight. */
  INT4("int4", TensorMajorFormat.Q4V1),

  /**
   * Codes -1, 0 and +1 without a scale; 2 bits per weight. For models that were trained with such
   * weights: any other one is useless afterwards.
   */
  TERNARY_V1("ternary_v1", TensorMajorFormat.TMAC),

  /** Codes -1, 0 and +1 with a scale for each row; 2 bits per weight. */
  TERNARY_V2("ternary_v2", TensorMajorFormat.TM2);

  private final String id;
  private final TensorMajorFormat container;

  QuantFormat(String id, TensorMajorFormat container) {
    this.id = id;
    this.container = container;
  }

  /**
   * The name on the command line and in reports.
   *
   * @return for example {@code "ternary_v2"}
   */
  public String id() {
    return id;
  }

  /**
   * What files of this format begin with.
   *
   * @return four characters, for example {@code "Q4V1"}
   */
  public String magic() {
    return container.magic();
  }

  /**
   * The methods that there are for this format.
   *
   * @return at least {@link QuantMethod#PORT}, in the order of the enum
   */
  public Set<QuantMethod> methods() {
    return switch (this) {
      case INT4 -> EnumSet.of(QuantMethod.PORT, QuantMethod.SEARCH, QuantMethod.GPTQ);
      case TERNARY_V1 -> EnumSet.of(QuantMethod.PORT);
      case TERNARY_V2 -> EnumSet.of(QuantMethod.PORT, QuantMethod.FITTED, QuantMethod.GPTQ);
    };
  }

  /**
   * The format with this name.
   *
   * @param id as {@link #id} tells it
   * @return the format
   * @throws IllegalArgumentException if there is none; it lists those that there are
   */
  public static QuantFormat of(String id) {
    for (QuantFormat format : values()) {
      if (format.id.equals(id)) {
        return format;
      }
    }
    String known = Arrays.stream(values()).map(QuantFormat::id).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("no format " + id + "; there are " + known);
  }

  TensorMajorFormat container() {
    return container;
  }
}
