package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer;
import io.tmac.gateway.http.ApiError;
import java.util.List;
import java.util.Map;

/** How an API words answers. One object serves one request. */
interface Shape {

  /**
   * An answer that has ended.
   *
   * @param text all of its text
   * @param logprobs its tokens, if their probabilities were asked for
   * @param end how it ended
   */
  record Result(String text, List<Answer.TokenLogprob> logprobs, Answer.End end) {}

  /** All answers in one body. */
  Map<String, Object> whole(List<Result> results);

  /** What a stream begins with for an answer; may be empty. */
  List<Map<String, Object>> opening(int index);

  /** A piece of an answer. */
  Map<String, Object> piece(int index, Answer.Piece piece);

  /** The end of an answer. */
  Map<String, Object> ending(int index, Answer.End end);

  /** What a stream ends with once all answers have ended; may be empty. */
  List<Map<String, Object>> closing(List<Answer.End> ends);

  /** An error after the stream has begun. */
  Map<String, Object> error(ApiError error);

  /** An event that says nothing, for streams that know no comments. */
  Map<String, Object> silence();
}
