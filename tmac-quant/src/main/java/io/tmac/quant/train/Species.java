package io.tmac.quant.train;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vector shape of this package. It is {@code static final}, a constant to the compiler. */
final class Species {
  /**
   * Floats at the platform's preferred width, 128 to 512 bits, or at that of {@code
   * -Dtmac.vectorBits=128|256|512} in tests.
   */
  static final VectorSpecies<Float> FLOAT = VectorSpecies.of(float.class, shape());

  /** Lanes of {@link #FLOAT}: 4, 8 or 16. */
  static final int LANES = FLOAT.length();

  private Species() {}

  private static VectorShape shape() {
    int preferred = Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 512);
    int bits = Integer.getInteger("tmac.vectorBits", preferred);
    if (bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("tmac.vectorBits must be 128, 256 or 512: " + bits);
    }
    return VectorShape.forBitSize(bits);
  }
}
