package io.tmac.quant.encode;

import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import java.util.Optional;

/** The containers in the tensor order of llama2.c v0. */
public enum TensorMajorFormat implements Plan {
  /** llama2.c v0: float32, no magic. */
  V0(""),
  /** Four-bit blocks. */
  Q4V1("Q4V1"),
  /** Eight-bit blocks. */
  Q8V1("Q8V1"),
  /** Ternary without scale. */
  TMAC("TMAC"),
  /** Ternary with a scale for each row. */
  TM2("TM2\0");

  private final String magic;

  TensorMajorFormat(String magic) {
    this.magic = magic;
  }

  /** The first bytes of a file, none or four. */
  public String magic() {
    return magic;
  }

  /** How often the encoder reads each element. */
  public int passes() {
    return this == TMAC ? 2 : 1;
  }

  @Override
  public Optional<WeightFormat> format(String role, int cols) {
    return Optional.of(weights());
  }

  WeightFormat weights() {
    return switch (this) {
      case V0 -> new F32();
      case Q4V1 -> new Int4();
      case Q8V1 -> new Int8(Int8.Layout.GROUPS, 32);
      case TMAC -> new TernaryV1();
      case TM2 -> new TernaryV2();
    };
  }

  /** Whether the header ends with the block size, 32. */
  boolean blockSize() {
    return this == Q4V1 || this == Q8V1;
  }

  /** Whether a byte stands before each tensor: 1 for a matrix, 0 for float32. */
  boolean flags() {
    return this == Q4V1 || this == Q8V1 || this == TM2;
  }

  /** Whether rows and columns stand before each matrix. */
  boolean shapes() {
    return this == TM2;
  }
}
