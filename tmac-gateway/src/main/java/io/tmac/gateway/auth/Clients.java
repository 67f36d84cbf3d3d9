package io.tmac.gateway.auth;

import io.tmac.gateway.http.Call;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds a client's address, also behind proxies: the last address in X-Forwarded-For that is not a
 * trusted proxy's. Whoever is not a trusted proxy cannot make an address up.
 */
public final class Clients {
  private static final int MAX_HOPS = 16;

  private final Set<InetAddress> proxies;

  /**
   * Takes the proxies.
   *
   * @param proxies IP addresses
   * @throws IllegalArgumentException if one is none
   */
  public Clients(Set<String> proxies) {
    this.proxies = proxies.stream().map(InetAddress::ofLiteral).collect(Collectors.toSet());
  }

  /** Returns the address of whoever calls. */
  public InetAddress of(Call call) {
    return of(call.client().getAddress(), call.headers("X-Forwarded-For"));
  }

  InetAddress of(InetAddress peer, List<String> forwarded) {
    InetAddress client = peer;
    String[] hops = String.join(",", forwarded).split(",");
    int last = Math.max(0, hops.length - MAX_HOPS);
    for (int i = hops.length - 1; i >= last && proxies.contains(client); i--) {
      try {
        client = InetAddress.ofLiteral(hops[i].strip());
      } catch (IllegalArgumentException e) {
        return client;
      }
    }
    return client;
  }
}
