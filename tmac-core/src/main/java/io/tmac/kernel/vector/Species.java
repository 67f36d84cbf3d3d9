package io.tmac.kernel.vector;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shapes of this JVM. They are {@code static final}: a species in a field or parameter
 * is not a constant to the compiler, and such a kernel runs 10 to 100 times slower.
 */
final class Species {
  private static final String PROPERTY = "tmac.vectorBits";

  /**
   * Width of float vectors in bits: the platform's, but at most 256, or {@code
   * -Dtmac.vectorBits=128|256|512} in tests. Tiles have lanes for 256 bits. With wider vectors
   * elsewhere two classes of float vectors would share the type profiles of the Vector API's
   * methods, and then some compilations keep vectors as objects. The float kernels are bound by
   * memory and gain nothing from 512 bits.
   */
  static final int BITS = bits();

  /**
   * Whether ternary lookup takes 512-bit vectors: the platform prefers them and the processor has
   * AVX-512 VBMI, or {@code -Dtmac.vectorBits=512}. Without VBMI the lookup is emulated.
   */
  static final boolean WIDE_LOOKUP = wideLookup();

  /** Floats at full width. */
  static final VectorSpecies<Float> FLOAT = FloatVector.SPECIES_MAX.withShape(shape(BITS));

  /** Shorts at the platform's width, for products of integers. */
  static final VectorSpecies<Short> WIDE_SHORT = ShortVector.SPECIES_MAX.withShape(wide());

  /** Ints at the platform's width. */
  static final VectorSpecies<Integer> WIDE_INT = IntVector.SPECIES_MAX.withShape(wide());

  /** Bytes with as many lanes as {@link #WIDE_SHORT}. */
  static final VectorSpecies<Byte> WIDE_BYTE =
      ByteVector.SPECIES_MAX.withShape(shape(WIDE_SHORT.length() * Byte.SIZE));

  /** Shorts whose lanes are rows of a tile: 16 lanes, or 8 on narrow platforms. */
  static final VectorSpecies<Short> ROW_SHORT =
      ShortVector.SPECIES_MAX.withShape(shape(Math.min(BITS, 256)));

  /** Bytes with as many lanes as {@link #ROW_SHORT}. */
  static final VectorSpecies<Byte> ROW_BYTE =
      ByteVector.SPECIES_MAX.withShape(shape(ROW_SHORT.length() * Byte.SIZE));

  /** Ints for one half of the lanes of {@link #ROW_SHORT}. */
  static final VectorSpecies<Integer> ROW_INT =
      IntVector.SPECIES_MAX.withShape(ROW_SHORT.vectorShape());

  /** Floats for one half of the lanes of {@link #ROW_SHORT}. */
  static final VectorSpecies<Float> ROW_FLOAT =
      FloatVector.SPECIES_MAX.withShape(ROW_SHORT.vectorShape());

  /** Shorts with as many lanes as {@link #ROW_FLOAT}. */
  static final VectorSpecies<Short> HALF_SHORT =
      ShortVector.SPECIES_MAX.withShape(shape(ROW_FLOAT.length() * Short.SIZE));

  /** Model files and tiles are little-endian. */
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  /** A float at any address. */
  static final ValueLayout.OfFloat FLOAT_LE = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

  private Species() {}

  private static int bits() {
    int preferred = Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 256);
    int bits = Integer.getInteger(PROPERTY, preferred);
    if (bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("tmac.vectorBits must be 128, 256 or 512: " + bits);
    }
    return bits;
  }

  private static boolean wideLookup() {
    if (System.getProperty(PROPERTY) != null) {
      return BITS == 512;
    }
    return ByteVector.SPECIES_PREFERRED.vectorBitSize() == 512 && hasVbmi();
  }

  /** The JVM does not tell; Linux does. */
  private static boolean hasVbmi() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .filter(line -> Arrays.asList(line.split("\\s+")).contains("avx512vbmi"))
          .isPresent();
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  /** Integers may be wider than 256 bits: they share no kernel with floats. */
  private static VectorShape wide() {
    int preferred = IntVector.SPECIES_PREFERRED.vectorBitSize();
    return shape(Integer.getInteger(PROPERTY, Math.clamp(preferred, 128, 512)));
  }

  private static VectorShape shape(int bits) {
    return VectorShape.forBitSize(bits);
  }
}
