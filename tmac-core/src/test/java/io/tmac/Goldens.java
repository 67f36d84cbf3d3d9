package io.tmac;

import io.tmac.testing.Shared;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Models that lie beside the project, and what other programs computed with them. */
final class Goldens {
  static final ModelOptions F32 = ModelOptions.DEFAULT.withActivations(Activations.F32);
  static final ModelOptions INT8 = ModelOptions.DEFAULT.withActivations(Activations.INT8);

  private static final String VECTORS = "vectors/public/";

  private Goldens() {}

  /** The story model in one of its formats, with its tokenizer. */
  static Model stories(String format, ModelOptions options) throws IOException {
    return Model.load(
        Shared.path(storiesFile(format)),
        options.withTokenizer(Shared.path("models/stories260K/tok512.bin")));
  }

  private static String storiesFile(String format) {
    String quantised = VECTORS + "quantizers/P3_numpy_2.4.2/stories260K.";
    return switch (format) {
      case "f32" -> "models/stories260K/stories260K.bin";
      case "llama2c_v2_gs64" -> VECTORS + "llama2c_v1v2/stories260K.v2.bin";
      case "q4v1" -> quantised + "q4.bin";
      default -> quantised + format + ".bin";
    };
  }

  /** One of the small random models. */
  static Model quantizer(String name, String format, ModelOptions options) throws IOException {
    String path = VECTORS + "quantizers/";
    path += format.equals("f32") ? name + ".bin" : "P3_numpy_2.4.2/" + name + "." + format + ".bin";
    return Model.load(Shared.path(path), options);
  }

  /** An export of llama2.c, version 1 or 2. */
  static Model export(String file, ModelOptions options) throws IOException {
    return Model.load(Shared.path(VECTORS + "llama2c_v1v2/" + file), options);
  }

  static JsonNode json(String relative) {
    return Shared.json(VECTORS + relative);
  }

  static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  static List<Integer> list(JsonNode array) {
    List<Integer> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asInt()));
    return values;
  }

  /** The lowest token with the highest logit. */
  static int argmax(float[] logits) {
    int best = 0;
    for (int token = 1; token < logits.length; token++) {
      if (logits[token] > logits[best]) {
        best = token;
      }
    }
    return best;
  }

  /** Highest minus second highest logit. */
  static double gap(float[] logits) {
    int best = argmax(logits);
    float second = Float.NEGATIVE_INFINITY;
    for (int token = 0; token < logits.length; token++) {
      if (token != best) {
        second = Math.max(second, logits[token]);
      }
    }
    return logits[best] - second;
  }

  /** Negative logarithm of the probability of a token. */
  static double nll(float[] logits, int token) {
    double max = logits[argmax(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return Math.log(sum) - (logits[token] - max);
  }

  /** Mean NLL of each token but the first, given those before it. */
  static double meanNll(float[][] logits, int[] ids) {
    double sum = 0;
    for (int i = 1; i < ids.length; i++) {
      sum += nll(logits[i - 1], ids[i]);
    }
    return sum / (ids.length - 1);
  }
}
