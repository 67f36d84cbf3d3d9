package io.tmac.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** An engine with one kind of weights, and the model it reads. */
enum Contender {
  TMAC_F32("tmac F32", Weights.F32, "*-{bin,f32}.bin", Flags.VECTOR),
  JLAMA_F32("Jlama F32", Weights.F32, "*-hf", Flags.PANAMA),
  JLAMA_NATIVE_F32("Jlama F32, native", Weights.F32, "*-hf", Flags.NATIVE),
  LLAMA_F32("java-llama.cpp F32", Weights.F32, "*-f32.gguf", Flags.JNI),
  TMAC_Q4V1("tmac Q4V1", Weights.FOUR_BIT, "*-q4v1.bin", Flags.VECTOR),
  JLAMA_Q4("Jlama Q4", Weights.FOUR_BIT, "*-hf", Flags.PANAMA),
  JLAMA_NATIVE_Q4("Jlama Q4, native", Weights.FOUR_BIT, "*-hf", Flags.NATIVE),
  LLAMA_Q4_0("java-llama.cpp Q4_0", Weights.FOUR_BIT, "*-q4_0.gguf", Flags.JNI),
  TMAC_TM2("tmac TM2", Weights.TERNARY, "*-tm2.bin", Flags.VECTOR),
  LLAMA_TQ2_0("java-llama.cpp TQ2_0", Weights.TERNARY, "*-tq2_0.gguf", Flags.JNI);

  /** What to call it. */
  final String label;

  final Weights weights;

  /** A glob for the model's name. */
  final String model;

  /** The options that the engine's JVM needs. */
  final List<String> flags;

  Contender(String label, Weights weights, String model, List<String> flags) {
    this.label = label;
    this.weights = weights;
    this.model = model;
    this.flags = flags;
  }

  boolean isJlama() {
    return name().startsWith("JLAMA");
  }

  /** The contender that others with the same kind of weights are compared with. */
  Contender reference() {
    return switch (weights) {
      case F32 -> TMAC_F32;
      case FOUR_BIT -> TMAC_Q4V1;
      case TERNARY -> TMAC_TM2;
    };
  }

  /** Loads a model. */
  Engine open(Path path, int threads) throws IOException {
    return switch (this) {
      case TMAC_F32, TMAC_Q4V1, TMAC_TM2 -> new TmacEngine(path, threads);
      case JLAMA_F32, JLAMA_NATIVE_F32, JLAMA_Q4, JLAMA_NATIVE_Q4 ->
          new JlamaEngine(path, weights, threads);
      case LLAMA_F32, LLAMA_Q4_0, LLAMA_TQ2_0 -> new LlamaCppEngine(path, threads);
    };
  }

  private static final class Flags {
    static final List<String> VECTOR = List.of("--add-modules=jdk.incubator.vector");
    static final List<String> JNI = List.of("--enable-native-access=ALL-UNNAMED");
    static final List<String> NATIVE = List.of(VECTOR.getFirst(), JNI.getFirst());
    static final List<String> PANAMA =
        List.of(VECTOR.getFirst(), "-Djlama.force_panama_tensor_operations=true");
  }
}
