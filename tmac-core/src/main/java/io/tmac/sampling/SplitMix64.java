package io.tmac.sampling;

/**
 * The random numbers of a {@link Sampler}: SplitMix64 (Steele, Lea, Flood, "Fast Splittable
 * Pseudorandom Number Generators", 2014, with the finaliser "Mix13" of Stafford).
 *
 * <p>Written out because a seed must mean the same text on every platform and in every future JDK.
 * The specification of {@link java.util.SplittableRandom} does not fix its algorithm, and {@link
 * java.util.random.RandomGenerator} does not fix how bits become a double. Every seed is as good as
 * any other, 0 and neighbouring seeds included.
 */
final class SplitMix64 {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  SplitMix64(long seed) {
    state = seed;
  }

  /** 64 random bits. */
  long nextLong() {
    state += GOLDEN_GAMMA;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A multiple of 2^-53 in [0, 1), uniformly distributed. */
  double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }
}
