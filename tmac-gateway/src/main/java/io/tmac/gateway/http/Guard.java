package io.tmac.gateway.http;

/** Decides whether a call is let in: identity first, then limits. Safe for use by many threads. */
@FunctionalInterface
public interface Guard {

  /** What a call that was let in holds until it ends. */
  interface Admission extends AutoCloseable {

    /** Returns who calls. */
    Principal principal();

    /**
     * Checks that the caller may use a model.
     *
     * @param model its name, one of those that are served
     * @throws ApiError with status 403
     */
    default void checkModel(String model) {}

    /** Counts tokens that the call has read and written against its limits. */
    void countTokens(long tokens);

    /** Gives back what the call held, for example its place among parallel calls. Idempotent. */
    @Override
    void close();
  }

  /**
   * Lets a call in. May set headers of the reply, such as the state of the limits.
   *
   * @param call the call; its body has not been read
   * @return what it holds; closed when the call ends
   * @throws ApiError with status 401 or 429
   */
  Admission admit(Call call);
}
