package io.tmac.gateway.stats;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sums over calls. Times are also counted in buckets, four per doubling, from which percentiles
 * come with an error of at most 10 %. Not safe for use by several threads.
 */
final class Totals {
  private static final int PER_DOUBLING = 4;

  long requests;
  long clientErrors;
  long serverErrors;
  long promptTokens;
  long generatedTokens;
  long sumMicros;
  long minMicros = Long.MAX_VALUE;
  long maxMicros;

  /** Number of calls by bucket. */
  final TreeMap<Integer, Long> times = new TreeMap<>();

  /** Counts a call. */
  void add(int status, long micros, long prompt, long generated) {
    requests++;
    if (status >= 500) {
      serverErrors++;
    } else if (status >= 400) {
      clientErrors++;
    }
    promptTokens += prompt;
    generatedTokens += generated;
    sumMicros += micros;
    minMicros = Math.min(minMicros, micros);
    maxMicros = Math.max(maxMicros, micros);
    times.merge(bucket(micros), 1L, Long::sum);
  }

  /** Counts what others have counted. */
  void add(Totals other) {
    requests += other.requests;
    clientErrors += other.clientErrors;
    serverErrors += other.serverErrors;
    promptTokens += other.promptTokens;
    generatedTokens += other.generatedTokens;
    sumMicros += other.sumMicros;
    minMicros = Math.min(minMicros, other.minMicros);
    maxMicros = Math.max(maxMicros, other.maxMicros);
    other.times.forEach((bucket, count) -> times.merge(bucket, count, Long::sum));
  }

  static int bucket(long micros) {
    return (int) Math.floor(PER_DOUBLING * Math.log(Math.max(1, micros)) / Math.log(2));
  }

  long successful() {
    return requests - clientErrors - serverErrors;
  }

  long tokens() {
    return promptTokens + generatedTokens;
  }

  double averageMillis() {
    return requests == 0 ? 0 : millis((double) sumMicros / requests);
  }

  double minMillis() {
    return requests == 0 ? 0 : millis(minMicros);
  }

  double maxMillis() {
    return millis(maxMicros);
  }

  /** Returns the time within which a share of the calls, 0 to 1, has ended. */
  double percentileMillis(double share) {
    long wanted = Math.max(1, (long) Math.ceil(share * requests));
    long seen = 0;
    for (Map.Entry<Integer, Long> time : times.entrySet()) {
      seen += time.getValue();
      if (seen >= wanted) {
        double middle = Math.pow(2, (time.getKey() + 0.5) / PER_DOUBLING);
        return millis(Math.clamp(middle, minMicros, maxMicros));
      }
    }
    return 0;
  }

  private static double millis(double micros) {
    return Math.round(micros) / 1000.0;
  }

  Map<String, Object> responseTime() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("avg_ms", averageMillis());
    fields.put("min_ms", minMillis());
    fields.put("max_ms", maxMillis());
    fields.put("p50_ms", percentileMillis(0.5));
    fields.put("p90_ms", percentileMillis(0.9));
    fields.put("p95_ms", percentileMillis(0.95));
    fields.put("p99_ms", percentileMillis(0.99));
    return fields;
  }

  Map<String, Object> describe() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("total_requests", requests);
    fields.put("successful_requests", successful());
    fields.put("client_errors", clientErrors);
    fields.put("server_errors", serverErrors);
    fields.put("total_tokens", tokens());
    fields.put("prompt_tokens", promptTokens);
    fields.put("generated_tokens", generatedTokens);
    fields.put("response_time", responseTime());
    return fields;
  }
}
