package io.tmac.checkpoint.gguf;

import io.tmac.format.F32;
import io.tmac.format.GgufFormat;
import io.tmac.format.HalfFloat;
import io.tmac.format.I2s;
import io.tmac.format.WeightFormat;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The tensor types of GGUF files that this library reads. */
@SuppressWarnings("ImmutableEnumChecker") // Formats are values without state.
public enum GgufType {
  /** binary32. */
  F32(0, new F32()),
  /** binary16. */
  F16(1, HalfFloat.F16),
  /** bfloat16. */
  BF16(30, HalfFloat.BF16),
  /** See {@link GgufFormat#Q4_0}. */
  Q4_0(2, GgufFormat.Q4_0),
  /** See {@link GgufFormat#Q4_1}. */
  Q4_1(3, GgufFormat.Q4_1),
  /** See {@link GgufFormat#Q5_0}. */
  Q5_0(6, GgufFormat.Q5_0),
  /** See {@link GgufFormat#Q5_1}. */
  Q5_1(7, GgufFormat.Q5_1),
  /** See {@link GgufFormat#Q8_0}. */
  Q8_0(8, GgufFormat.Q8_0),
  /** See {@link GgufFormat#Q4_K}. */
  Q4_K(12, GgufFormat.Q4_K),
  /** See {@link GgufFormat#Q5_K}. */
  Q5_K(13, GgufFormat.Q5_K),
  /** See {@link GgufFormat#Q6_K}. */
  Q6_K(14, GgufFormat.Q6_K),
  /** See {@link GgufFormat#TQ1_0}. */
  TQ1_0(34, GgufFormat.TQ1_0),
  /** See {@link GgufFormat#TQ2_0}. */
  TQ2_0(35, GgufFormat.TQ2_0),
  /** See {@link I2s}. */
  I2_S(36, new I2s());

  /** Names of other types, for messages, by number. */
  private static final String[] NAMES = {
    "F32",
    "F16",
    "Q4_0",
    "Q4_1",
    "Q4_2",
    "Q4_3",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "Q8_1",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "Q8_K",
    "IQ2_XXS",
    "IQ2_XS",
    "IQ3_XXS",
    "IQ1_S",
    "IQ4_NL",
    "IQ3_S",
    "IQ2_S",
    "IQ4_XS",
    "I8",
    "I16",
    "I32",
    "I64",
    "F64",
    "IQ1_M",
    "BF16",
    "Q4_0_4_4",
    "Q4_0_4_8",
    "Q4_0_8_8",
    "TQ1_0",
    "TQ2_0",
    "I2_S",
    "IQ4_NL_4_4",
    "IQ4_NL_4_8",
    "IQ4_NL_8_8",
    "MXFP4"
  };

  private final int number;
  private final WeightFormat format;

  GgufType(int number, WeightFormat format) {
    this.number = number;
    this.format = format;
  }

  /** Returns what the bytes of this type mean. */
  public WeightFormat format() {
    return format;
  }

  /** Returns the number in files. */
  public int number() {
    return number;
  }

  /** Returns the type whose bytes mean this, if there is one. */
  public static Optional<GgufType> of(WeightFormat format) {
    return Arrays.stream(values()).filter(type -> type.format.equals(format)).findFirst();
  }

  /** Whether a tensor of this shape can be of this type. */
  boolean fits(long rows, long cols) {
    return switch (format) {
      case GgufFormat blocks -> cols % blocks.blockElements() == 0;
      case I2s i2s -> Math.multiplyExact(rows, cols) % I2s.BLOCK == 0;
      default -> true;
    };
  }

  /** Returns the type with a number, if it is supported. */
  public static Optional<GgufType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /** Returns what a number is called, supported or not. */
  static String describe(int number) {
    String name = number >= 0 && number < NAMES.length ? NAMES[number] + ", " : "";
    return "type " + name + "number " + Integer.toUnsignedString(number);
  }

  /** Returns the names of all supported types. */
  static String supported() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
