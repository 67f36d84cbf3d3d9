package io.tmac.gateway.auth;

import io.tmac.gateway.http.Principal;
import io.tmac.gateway.limit.Limits;
import java.util.Set;

/**
 * Somebody who has proved who it is.
 *
 * @param principal who
 * @param limits how much it may ask for
 * @param models what it may use; empty for all
 */
record Identity(Principal principal, Limits limits, Set<String> models) {
  static Identity of(ApiKey key) {
    return new Identity(
        new Principal(key.id(), key.name(), key.admin()), key.limits(), key.models());
  }
}
