package io.tmac;

/** Receives the tokens of a generation as they are made. */
@FunctionalInterface
public interface TokenListener {

  /**
   * Takes the next token. Called by the thread that generates.
   *
   * @param token the token
   * @return true to go on, false to end the generation with {@link FinishReason#CANCELLED}
   */
  boolean onToken(GeneratedToken token);
}
