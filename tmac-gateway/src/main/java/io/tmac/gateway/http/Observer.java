package io.tmac.gateway.http;

/** Hears of every call after its end, for statistics, metrics and logs. Must not throw. */
@FunctionalInterface
public interface Observer {

  /**
   * Takes a call that has ended.
   *
   * @param call the call, with its status, its model and its tokens
   * @param error what went wrong, or null
   */
  void ended(Call call, Throwable error);

  /**
   * Takes the time between two pieces of an answer, as they come.
   *
   * @param call the call, which goes on
   * @param nanos since the piece before
   */
  default void gap(Call call, long nanos) {}
}
