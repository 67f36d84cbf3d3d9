package io.tmac.gateway.engine;

import io.tmac.BatchedStream;
import io.tmac.GeneratedToken;
import io.tmac.Generation;
import io.tmac.gateway.http.ApiError;
import io.tmac.sampling.Logprobs;
import io.tmac.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An answer of a model of this process: what its batcher makes, in the words of the gateway. */
final class LocalAnswer implements Answer {
  private static final Logger LOG = LoggerFactory.getLogger(LocalAnswer.class);

  private final BatchedStream stream;
  private final Tokenizer tokenizer;
  private final int promptTokens;
  private int generatedTokens;
  private boolean closed;
  private Usage usage;
  private End end;

  LocalAnswer(BatchedStream stream, Tokenizer tokenizer, int promptTokens) {
    this.stream = stream;
    this.tokenizer = tokenizer;
    this.promptTokens = promptTokens;
  }

  @Override
  public Optional<Piece> next(Duration patience) throws InterruptedException {
    try {
      if (end != null || !stream.await(patience)) {
        return Optional.empty();
      }
      if (stream.hasNext()) {
        return Optional.of(piece(stream.next()));
      }
      Generation generation = stream.result();
      usage = usage(generation);
      end = new End(reason(generation), usage);
      return Optional.empty();
    } catch (RuntimeException | Error e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException().initCause(e);
      }
      throw failure(e);
    }
  }

  private Piece piece(GeneratedToken token) {
    boolean prints = !tokenizer.isControl(token.id()) && !tokenizer.isEndOfText(token.id());
    if (prints) {
      generatedTokens++;
    }
    return new Piece(
        token.text(),
        prints ? token.logprobs().map(l -> List.of(logprob(l))).orElse(List.of()) : List.of());
  }

  private TokenLogprob logprob(Logprobs logprobs) {
    List<TokenLogprob> top = new ArrayList<>();
    for (io.tmac.sampling.TokenLogprob other : logprobs.top()) {
      top.add(logprob(other, List.of()));
    }
    return logprob(logprobs.chosen(), top);
  }

  private TokenLogprob logprob(io.tmac.sampling.TokenLogprob token, List<TokenLogprob> top) {
    boolean known = token.token() < tokenizer.vocabSize();
    byte[] piece = known ? tokenizer.pieceBytes(token.token()) : new byte[0];
    List<Integer> bytes = new ArrayList<>(piece.length);
    for (byte value : piece) {
      bytes.add(Byte.toUnsignedInt(value));
    }
    // JSON has no infinity; OpenAI writes this for what is all but impossible.
    double logprob = Math.max(-9999, token.logprob());
    return new TokenLogprob(new String(piece, StandardCharsets.UTF_8), bytes, logprob, top);
  }

  private static Usage usage(Generation generation) {
    return new Usage(
        generation.promptTokens(),
        generation.cachedTokens(),
        generation.generatedTokens(),
        generation.queueTime(),
        generation.promptTime(),
        generation.generationTime());
  }

  private static String reason(Generation generation) {
    return switch (generation.finishReason()) {
      case END_OF_TEXT, STOP_STRING -> "stop";
      case MAX_TOKENS, CONTEXT_FULL -> "length";
      case DEADLINE ->
          throw ApiError.of(504, "The answer took longer than this server allows")
              .withCode("deadline_exceeded");
      case CANCELLED -> throw stopping();
    };
  }

  static ApiError stopping() {
    return ApiError.of(503, "The server is about to stop").retryAfter(5);
  }

  private static ApiError failure(Throwable reason) {
    if (reason instanceof ApiError error) {
      return error;
    }
    LOG.error("a generation failed", reason);
    return ApiError.of(500, "The model failed; the log says why");
  }

  @Override
  public Optional<End> end() {
    return Optional.ofNullable(end);
  }

  /** What it took so far; of a closed answer also what was computed and not read. */
  @Override
  public Usage usage() {
    if (usage == null && closed) {
      try {
        usage = usage(stream.result());
      } catch (RuntimeException e) {
        LOG.debug("an answer without an end", e); // It failed: what is known is what was read.
      }
    }
    return usage != null
        ? usage
        : new Usage(promptTokens, 0, generatedTokens, Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  @Override
  public void close() {
    stream.close();
    closed = true;
  }
}
