package io.tmac;

import java.util.List;

/**
 * How the frequencies {@code f_j = theta^(-2j / headDim)} of the rotary position embedding were
 * changed after training, so that the model takes longer texts.
 */
public sealed interface RopeScaling {

  /** Not at all. */
  record None() implements RopeScaling {}

  /**
   * All frequencies are divided by one factor (position interpolation, Chen et al. 2023).
   *
   * @param factor the divisor, positive
   */
  record Linear(double factor) implements RopeScaling {
    /**
     * Checks the factor.
     *
     * @throws IllegalArgumentException if it is not finite and positive
     */
    public Linear {
      requirePositive("factor", factor);
    }
  }

  /**
   * Low frequencies are divided, high ones stay, and those between change smoothly (Llama 3.1).
   * What counts is the wavelength {@code 2 pi / f}.
   *
   * @param factor divisor of low frequencies
   * @param lowFreqFactor wavelengths above {@code originalContext / lowFreqFactor} are divided
   * @param highFreqFactor wavelengths below {@code originalContext / highFreqFactor} stay
   * @param originalContext tokens that the model was first trained with
   */
  record Llama3(double factor, double lowFreqFactor, double highFreqFactor, int originalContext)
      implements RopeScaling {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not finite and positive, or if {@code
     *     highFreqFactor} is not above {@code lowFreqFactor}
     */
    public Llama3 {
      requirePositive("factor", factor);
      requirePositive("lowFreqFactor", lowFreqFactor);
      requirePositive("highFreqFactor", highFreqFactor);
      requirePositive("originalContext", originalContext);
      if (highFreqFactor <= lowFreqFactor) {
        throw new IllegalArgumentException(
            "highFreqFactor ("
                + highFreqFactor
                + ") must be above lowFreqFactor ("
                + lowFreqFactor
                + ")");
      }
    }
  }

  /**
   * Each frequency has a divisor of its own ({@code rope_freqs.weight} of GGUF files).
   *
   * @param values the divisors {@code [headDim / 2]}, each positive
   */
  record Divisors(List<Float> values) implements RopeScaling {
    /**
     * Copies and checks the divisors.
     *
     * @throws IllegalArgumentException if one is not finite and positive
     */
    public Divisors {
      values = List.copyOf(values);
      for (float value : values) {
        requirePositive("divisor", value);
      }
    }
  }

  /**
   * The divisor of one frequency.
   *
   * @param pair the pair of elements, from 0
   * @param frequency its frequency without scaling, in radians per token
   * @return what the frequency is divided by
   */
  default double divisor(int pair, double frequency) {
    return switch (this) {
      case None none -> 1;
      case Linear(double factor) -> factor;
      case Divisors(List<Float> values) -> values.get(pair);
      case Llama3 s -> {
        double waves = s.originalContext * frequency / (2 * Math.PI); // in the original context
        if (waves > s.highFreqFactor) {
          yield 1;
        }
        if (waves < s.lowFreqFactor) {
          yield s.factor;
        }
        double kept = (waves - s.lowFreqFactor) / (s.highFreqFactor - s.lowFreqFactor);
        yield 1 / ((1 - kept) / s.factor + kept);
      }
    };
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0) || !Double.isFinite(value)) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}
