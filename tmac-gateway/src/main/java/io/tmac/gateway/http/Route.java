package io.tmac.gateway.http;

/**
 * What is answered where.
 *
 * @param method an HTTP method; a GET route answers HEAD too
 * @param path a path; its last segment may be <code>{id}</code>, which stands for any one segment
 * @param access who may call it
 * @param summary one line for the documentation of the interface
 * @param handler answers
 */
public record Route(String method, String path, Access access, String summary, Handler handler) {

  /** Answers a call. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Answers a call.
     *
     * @param call the call
     * @throws ApiError what the client is told instead
     * @throws Exception an error of ours, which the client sees as status 500 without details
     */
    void handle(Call call) throws Exception;
  }

  /** Returns the value of the variable segment if this route has the path, else null. */
  String match(String actual) {
    int variable = path.indexOf('{');
    if (variable < 0) {
      return path.equals(actual) ? "" : null;
    }
    if (!actual.startsWith(path.substring(0, variable))) {
      return null;
    }
    String value = actual.substring(variable);
    return value.isEmpty() || value.indexOf('/') >= 0 ? null : value;
  }
}
