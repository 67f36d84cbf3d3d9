package io.tmac.gateway.http;

/**
 * Who calls.
 *
 * @param id what statistics and limits are kept by: the id of a key, or the subject of a token
 * @param name what people call it
 * @param admin whether it may administrate
 */
public record Principal(String id, String name, boolean admin) {
  /** The caller of a public route. */
  public static final Principal NOBODY = new Principal("", "nobody", false);
}
