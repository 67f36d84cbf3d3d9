package io.tmac;

/** Why a generation ended. */
public enum FinishReason {
  /** The model chose its end-of-text token. */
  END_OF_TEXT,
  /** A stop string appeared. */
  STOP_STRING,
  /** The requested number of tokens was generated. */
  MAX_TOKENS,
  /** The context is full. */
  CONTEXT_FULL,
  /** The listener, or whoever closed the stream, wanted no more. */
  CANCELLED,
  /** The time that {@link GenerationRequest#deadline} gives was over. */
  DEADLINE
}
