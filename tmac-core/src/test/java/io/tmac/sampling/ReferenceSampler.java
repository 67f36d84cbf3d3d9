package io.tmac.sampling;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/** The documented pipeline, written as plainly as possible: lists, sorting, no shortcuts. */
record ReferenceSampler(SamplingOptions options, List<Integer> prompt, List<Integer> generated) {

  record Candidate(int token, double probability) {}

  /**
   * The tokens that may be drawn, best first, with their probabilities. Empty if there are none.
   */
  List<Candidate> candidates(float[] logits) {
    float[] scores = bias(penalise(logits.clone()));
    List<Integer> order = ranking(scores);
    if (order.isEmpty()) {
      return List.of();
    }
    if (options.temperature() == 0) {
      return List.of(new Candidate(order.getFirst(), 1));
    }
    if (options.topK() > 0 && options.topK() < order.size()) {
      order = order.subList(0, options.topK());
    }
    float max = scores[order.getFirst()];
    List<Candidate> weighted = new ArrayList<>();
    for (int token : order) {
      weighted.add(new Candidate(token, weight(scores[token], max)));
    }
    double total = weighted.stream().mapToDouble(Candidate::probability).sum();

    List<Candidate> kept = new ArrayList<>();
    double running = 0;
    for (Candidate candidate : weighted) {
      boolean beyondNucleus = options.topP() < 1 && running > options.topP() * total;
      boolean belowMinP = candidate.probability() < options.minP(); // the best one has weight 1
      if ((beyondNucleus && !kept.isEmpty()) || belowMinP || candidate.probability() == 0) {
        break;
      }
      kept.add(candidate);
      running += candidate.probability();
    }
    double mass = running;
    return kept.stream().map(c -> new Candidate(c.token(), c.probability() / mass)).toList();
  }

  /** The first token drawn with this seed. */
  static int draw(List<Candidate> candidates, long seed) {
    double uniform = (new SplittableRandom(seed).nextLong() >>> 11) * 0x1.0p-53;
    double running = 0;
    for (Candidate candidate : candidates) {
      running += candidate.probability();
      if (running > uniform) {
        return candidate.token();
      }
    }
    return candidates.getLast().token();
  }

  /** Tokens that are possible at all, by descending score, then ascending token. */
  static List<Integer> ranking(float[] scores) {
    List<Integer> tokens = new ArrayList<>();
    for (int token = 0; token < scores.length; token++) {
      if (!Float.isNaN(scores[token]) && scores[token] != Float.NEGATIVE_INFINITY) {
        tokens.add(token);
      }
    }
    // + 0.0f: Float.compare tells -0 from +0, which are equal logits.
    tokens.sort(
        Comparator.<Integer, Float>comparing(token -> -scores[token] + 0.0f)
            .thenComparing(token -> token));
    return tokens;
  }

  private double weight(float score, float max) {
    if (max == Float.POSITIVE_INFINITY) {
      return score == max ? 1 : 0;
    }
    return Math.exp(((double) score - max) / options.temperature());
  }

  private float[] penalise(float[] scores) {
    List<Integer> history = new ArrayList<>(prompt);
    history.addAll(generated);
    if (options.repetitionWindow() >= 0 && options.repetitionWindow() < history.size()) {
      history = history.subList(history.size() - options.repetitionWindow(), history.size());
    }
    for (int token = 0; token < scores.length; token++) {
      if (history.contains(token)) {
        scores[token] =
            scores[token] > 0
                ? scores[token] / options.repetitionPenalty()
                : scores[token] * options.repetitionPenalty();
      }
      int count = Collections.frequency(generated, token);
      if (count > 0) {
        scores[token] -= count * options.frequencyPenalty() + options.presencePenalty();
      }
    }
    return scores;
  }

  private float[] bias(float[] scores) {
    boolean forced = options.logitBias().values().stream().anyMatch(bias -> bias >= 100);
    for (int token = 0; token < scores.length; token++) {
      float bias = options.logitBias().getOrDefault(token, 0f);
      if (forced) {
        scores[token] = bias >= 100 ? scores[token] : Float.NEGATIVE_INFINITY;
      } else if (bias <= -100) {
        scores[token] = Float.NEGATIVE_INFINITY;
      } else {
        scores[token] += bias;
      }
    }
    return scores;
  }
}
