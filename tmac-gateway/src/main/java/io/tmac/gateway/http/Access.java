package io.tmac.gateway.http;

/** Who may call a route. */
public enum Access {
  /** Anybody, without a key and without limits. */
  PUBLIC,
  /** Whoever has a valid key or token. */
  USER,
  /** Administrators. */
  ADMIN
}
