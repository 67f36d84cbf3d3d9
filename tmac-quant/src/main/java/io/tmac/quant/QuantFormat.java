package io.tmac.quant;

import io.tmac.format.GgufFormat;
import io.tmac.format.HalfFloat;
import io.tmac.format.WeightFormat;
import io.tmac.quant.encode.GgufPlan;
import io.tmac.quant.encode.Plan;
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
  TERNARY_V2("ternary_v2", TensorMajorFormat.TM2),

  /** A GGUF file of codes from -8 to 7 in blocks of 32 with a scale; 4.5 bits per weight. */
  GGUF_Q4_0("gguf_q4_0", GgufFormat.Q4_0, 2),

  /** A GGUF file of 8-bit codes in blocks of 32 with a scale; 8.5 bits per weight. */
  GGUF_Q8_0("gguf_q8_0", GgufFormat.Q8_0, 7),

  /**
   * A GGUF file of codes -1, 0 and +1 in blocks of 256 with a scale; 2.06 bits per weight. Matrices
   * whose columns are no multiple of 256 become Q4_0.
   */
  GGUF_TQ2_0("gguf_tq2_0", GgufFormat.TQ2_0, 37);

  private final String id;
  private final TensorMajorFormat container; // null for GGUF
  private final WeightFormat weights;
  private final int fileType;

  QuantFormat(String id, TensorMajorFormat container) {
    this.id = id;
    this.container = container;
    this.weights = null;
    this.fileType = 0;
  }

  QuantFormat(String id, GgufFormat weights, int fileType) {
    this.id = id;
    this.container = null;
    this.weights = weights;
    this.fileType = fileType;
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
    return isGguf() ? "GGUF" : container.magic();
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
      case GGUF_Q4_0 -> EnumSet.of(QuantMethod.PORT, QuantMethod.SEARCH, QuantMethod.GPTQ);
      case GGUF_Q8_0 -> EnumSet.of(QuantMethod.PORT);
      case GGUF_TQ2_0 -> EnumSet.of(QuantMethod.PORT, QuantMethod.FITTED, QuantMethod.GPTQ);
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

  /**
   * What the embedding and the classifier become unless {@link Quantizer#head} says otherwise.
   *
   * @return {@link QuantHead#Q8_0} in GGUF files, else {@link QuantHead#OWN}
   */
  public QuantHead defaultHead() {
    return isGguf() ? QuantHead.Q8_0 : QuantHead.OWN;
  }

  /** Whether files of this format are GGUF files. */
  boolean isGguf() {
    return container == null;
  }

  /** The container of the original's formats. */
  TensorMajorFormat container() {
    return container;
  }

  /** llama.cpp's number for files of mostly this type. */
  int fileType() {
    return fileType;
  }

  /** What the matrices of a model become. */
  Plan plan(QuantHead head) {
    if (!isGguf()) {
      return head == QuantHead.KEEP ? container.keepingHead() : container;
    }
    return switch (head) {
      case OWN -> new GgufPlan(weights, weights);
      case Q8_0 -> new GgufPlan(weights, GgufFormat.Q8_0);
      case F16 -> new GgufPlan(weights, HalfFloat.F16);
      case KEEP -> new GgufPlan(weights, weights).keepingHead();
    };
  }

  /** Whether a matrix does not have the format that it should, because its columns do not fit. */
  boolean isFallback(String role, WeightFormat format, QuantHead head) {
    return plan(head) instanceof GgufPlan plan && !plan.wanted(role).equals(format);
  }
}
