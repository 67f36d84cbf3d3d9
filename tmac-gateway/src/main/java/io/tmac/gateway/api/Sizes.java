package io.tmac.gateway.api;

import java.util.OptionalInt;
import java.util.OptionalLong;

/** Makes whole numbers smaller. */
final class Sizes {

  private Sizes() {}

  /** The same number, which is known to be small enough. */
  static OptionalInt of(OptionalLong value) {
    return value.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(Math.toIntExact(value.getAsLong()));
  }
}
