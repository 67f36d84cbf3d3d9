package io.tmac;

import io.tmac.model.Pass;
import io.tmac.model.Sequence;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * One sequence of tokens with the keys and values that the model has computed for it. Each {@link
 * #generate} goes on where the last one ended, so that earlier turns of a conversation are not
 * computed again.
 *
 * <p>Not safe for use by several threads at the same time; a call that meets another one throws
 * {@link IllegalStateException}.
 */
public final class Session implements AutoCloseable {
  /** Tokens of a pass whose logits are kept for a visitor: they take much memory. */
  private static final int VISITED_TOKENS = 32;

  /** Receives the logits of each position. */
  @FunctionalInterface
  public interface LogitsVisitor {

    /**
     * Takes the logits of one position.
     *
     * @param position the position within the sequence, from 0
     * @param logits {@code [vocabSize]}; valid during this call only
     */
    void visit(int position, float[] logits);
  }

  private final Model model;
  private final AtomicBoolean inUse = new AtomicBoolean();
  private volatile Sequence sequence;

  private final Pass pass;

  Session(Model model, Sequence sequence, Pass pass) {
    this.model = model;
    this.sequence = sequence;
    this.pass = pass;
  }

  /**
   * Prepares a generation that goes on from this session's tokens.
   *
   * @param prompt plain text; BOS is added at the start of a session if the model wants it
   * @return the request, with the defaults that its class states
   * @throws TmacException if the model has no tokenizer
   */
  public GenerationRequest generate(String prompt) {
    Tokenizer tokenizer = model.requireTokenizer();
    boolean start = position() == 0;
    return generate(tokenizer.encode(prompt, start ? EncodeOptions.PROMPT : EncodeOptions.TEXT));
  }

  /**
   * Prepares a generation that goes on from this session's tokens.
   *
   * @param prompt the tokens exactly as given
   * @return the request, with the defaults that its class states
   */
  public GenerationRequest generate(int[] prompt) {
    return new GenerationRequest(model, this, prompt.clone());
  }

  /**
   * Prepares the answer to a conversation. All of it is given each time; what this session already
   * holds of it, from its start on, is not computed again, and what it holds beyond is forgotten.
   *
   * @param messages the conversation, the oldest message first
   * @return the request, with the defaults that its class states
   * @throws TmacException if the model has no chat template or no tokenizer
   * @throws ChatTemplateException if the template is not supported or refuses the messages
   */
  public GenerationRequest chat(List<ChatMessage> messages) {
    return chat(messages, Map.of());
  }

  /**
   * Prepares the answer to a conversation, with further variables for the chat template.
   *
   * @param messages the conversation, the oldest message first; see {@link #chat(List)}
   * @param variables what else the template may want to know, see {@link ChatTemplate#render(List,
   *     boolean, Map)}
   * @return the request, with the defaults that its class states
   * @throws TmacException if the model has no chat template or no tokenizer
   * @throws ChatTemplateException if the template is not supported or refuses the messages
   * @throws IllegalArgumentException if a variable is of a type that templates do not know
   */
  public GenerationRequest chat(List<ChatMessage> messages, Map<String, ?> variables) {
    return model.chat(this, messages, variables);
  }

  /**
   * Appends tokens and returns the logits of all of them.
   *
   * @param tokens the tokens exactly as given; no BOS is added
   * @return the logits {@code [tokens.length x vocabSize]}
   * @throws IllegalArgumentException if a token is outside the vocabulary or the context has no
   *     room for them
   * @throws IllegalStateException if the model or the session is closed
   */
  public float[][] logits(int[] tokens) {
    float[][] all = new float[tokens.length][];
    int first = position();
    logits(tokens, (position, logits) -> all[position - first] = logits.clone());
    return all;
  }

  /**
   * Appends tokens and visits the logits of each of them in turn. Takes less memory than {@link
   * #logits(int[])} for long texts.
   *
   * @param tokens the tokens exactly as given; no BOS is added
   * @param visitor receives the logits
   * @throws IllegalArgumentException if a token is outside the vocabulary or the context has no
   *     room for them
   * @throws IllegalStateException if the model or the session is closed
   */
  public void logits(int[] tokens, LogitsVisitor visitor) {
    Objects.requireNonNull(visitor, "visitor");
    begin();
    try {
      int vocabSize = model.info().config().vocabSize();
      model.check(tokens, room());
      float[] row = new float[vocabSize];
      for (int from = 0; from < tokens.length; from += VISITED_TOKENS) {
        int count = Math.min(VISITED_TOKENS, tokens.length - from);
        int position = position();
        float[] logits = forward(tokens, from, count, Pass.Logits.ALL);
        for (int t = 0; t < count; t++) {
          System.arraycopy(logits, t * vocabSize, row, 0, vocabSize);
          visitor.visit(position + t, row);
        }
      }
    } finally {
      end();
    }
  }

  /**
   * The number of tokens of this session: prompts and generated ones. An end-of-text token is not
   * kept.
   *
   * @return tokens
   */
  public int position() {
    return open().length();
  }

  /**
   * Forgets all tokens from a position on, for example to try another continuation.
   *
   * @param position the number of tokens to keep, at most {@link #position()}
   * @throws IllegalArgumentException if there are fewer tokens
   */
  public void truncate(int position) {
    begin();
    try {
      open().truncate(position);
    } finally {
      end();
    }
  }

  /**
   * Memory of the keys and values.
   *
   * @return bytes
   */
  public long cacheBytes() {
    return open().cacheBytes();
  }

  /** Frees the keys and values. Idempotent. */
  @Override
  public void close() {
    sequence = null;
  }

  /** Takes hold of the session for one call. */
  void begin() {
    open();
    if (!inUse.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "this session is in use; give each thread or generation a session of its own");
    }
  }

  /** Lets go of it. */
  void end() {
    inUse.set(false);
  }

  private Sequence open() {
    Sequence current = sequence;
    if (current == null) {
      throw new IllegalStateException("this session is closed");
    }
    return current;
  }

  /** Tokens that still fit into the context. */
  int room() {
    return model.info().contextLength() - open().length();
  }

  /**
   * Forgets what is not the start of a text, and at least its last token, whose logits are not
   * kept; returns how many tokens of it remain.
   */
  int keepCommon(int[] tokens) {
    Sequence current = open();
    int common = current.common(tokens, tokens.length - 1);
    current.truncate(common);
    return common;
  }

  /** Forgets the tokens from a position on, for whoever has taken hold of the session. */
  void forget(int position) {
    open().truncate(position);
  }

  /**
   * Computes the tokens of a prompt from one on, and the logits of the last one; null if it is not
   * wanted any more, with those tokens kept that are computed.
   */
  float[] prefill(int[] tokens, int first, BooleanSupplier cancelled) {
    float[] logits = null;
    for (int from = first; from < tokens.length; from += Pass.MAX_TOKENS) {
      if (cancelled.getAsBoolean()) {
        return null;
      }
      int count = Math.min(Pass.MAX_TOKENS, tokens.length - from);
      boolean last = from + count == tokens.length;
      logits = forward(tokens, from, count, last ? Pass.Logits.LAST : Pass.Logits.NONE);
    }
    return logits;
  }

  /**
   * Computes the last token of a generation, so that the session holds all of them. Does nothing if
   * the context is full, or session or model have been closed.
   */
  void complete(int[] lastToken) {
    Sequence current = sequence;
    if (current == null || room() == 0) {
      return;
    }
    long stamp = model.tryEnter();
    if (stamp == 0) {
      return;
    }
    forward(stamp, current, lastToken, 0, 1, Pass.Logits.NONE);
  }

  float[] forward(int[] tokens, int from, int count, Pass.Logits wanted) {
    Sequence current = open();
    return forward(model.enter(), current, tokens, from, count, wanted);
  }

  /** One pass of the transformer, for which the model is kept open with {@code stamp}. */
  private float[] forward(
      long stamp, Sequence current, int[] tokens, int from, int count, Pass.Logits wanted) {
    try {
      pass.clear();
      pass.add(current, tokens, from, count, wanted);
      return model.run(pass);
    } finally {
      model.exit(stamp);
    }
  }
}
