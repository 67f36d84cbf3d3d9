package io.tmac.tokenizer;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What lies beside a {@code tokenizer.json} and says which tokens frame a text.
 *
 * @param bosId BOS, as the model's configuration says
 * @param endIds the tokens that end a text, as the model's configuration says
 * @param bosToken the name of BOS, or null, as {@code tokenizer_config.json} says
 * @param eosToken the name of EOS, or null
 * @param addBos whether BOS goes before a text; empty if {@code tokenizer.json} decides
 * @param addEos whether EOS goes behind a text; empty if {@code tokenizer.json} decides
 */
record TokenizerSettings(
    OptionalInt bosId,
    List<Integer> endIds,
    String bosToken,
    String eosToken,
    Optional<Boolean> addBos,
    Optional<Boolean> addEos) {

  /** Nothing lies beside it. */
  static final TokenizerSettings NONE = of(OptionalInt.empty(), List.of());

  /** What a model's configuration says, without a {@code tokenizer_config.json}. */
  static TokenizerSettings of(OptionalInt bosId, List<Integer> endIds) {
    return new TokenizerSettings(
        bosId, List.copyOf(endIds), null, null, Optional.empty(), Optional.empty());
  }

  /**
   * Adds what a {@code tokenizer_config.json} says.
   *
   * @param file its name, for messages
   */
  TokenizerSettings with(String file, byte[] tokenizerConfig) {
    String[] names = {null, null};
    Object[] adds = {null, null};
    JsonInput.read(
        file,
        tokenizerConfig,
        (in, name) -> {
          switch (name) {
            case "bos_token" -> names[0] = token(in.value());
            case "eos_token" -> names[1] = token(in.value());
            case "add_bos_token" -> adds[0] = in.value();
            case "add_eos_token" -> adds[1] = in.value();
            default -> in.skip();
          }
        });
    return new TokenizerSettings(bosId, endIds, names[0], names[1], flag(adds[0]), flag(adds[1]));
  }

  OptionalInt bosId(Function<String, OptionalInt> find) {
    OptionalInt named = bosToken == null ? OptionalInt.empty() : find.apply(bosToken);
    return named.isPresent() ? named : bosId;
  }

  OptionalInt eosId(Function<String, OptionalInt> find) {
    OptionalInt named = eosToken == null ? OptionalInt.empty() : find.apply(eosToken);
    return named.isPresent() || endIds.isEmpty() ? named : OptionalInt.of(endIds.getFirst());
  }

  /** A token is named by a string or by an object with its content. */
  private static String token(Object value) {
    return switch (value) {
      case String name -> name;
      case JsonObject object -> object.optionalString("content");
      case null, default -> null;
    };
  }

  private static Optional<Boolean> flag(Object value) {
    return value instanceof Boolean flag ? Optional.of(flag) : Optional.empty();
  }
}
