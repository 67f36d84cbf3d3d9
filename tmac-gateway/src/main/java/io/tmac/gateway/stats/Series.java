package io.tmac.gateway.stats;

/**
 * What totals are kept for.
 *
 * @param principal who called; empty for whoever was not let in
 * @param endpoint path of the route; {@value #NONE} if none was reached
 * @param model the model, or an empty string
 */
record Series(String principal, String endpoint, String model) {
  static final String NONE = "(none)";
}
