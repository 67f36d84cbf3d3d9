package io.tmac.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoginLimitTest {
  private static final long SECOND = 1_000_000_000;

  private long nanos;
  private final LoginLimit limit = new LoginLimit(3, () -> nanos);

  private static InetAddress ip(String text) {
    return InetAddress.ofLiteral(text);
  }

  private void fail(String address, int times) {
    for (int i = 0; i < times; i++) {
      limit.failed(ip(address));
    }
  }

  @Test
  void anAddressWaitsUntilItsOldestFailureIsAMinuteOld() {
    fail("10.0.0.1", 2);
    limit.check(ip("10.0.0.1"));
    nanos += 20 * SECOND;
    fail("10.0.0.1", 1);
    assertThatThrownBy(() -> limit.check(ip("10.0.0.1")))
        .hasMessage("Too many failed logins from this address");
    limit.check(ip("10.0.0.2"));
    nanos += 40 * SECOND - 1;
    assertThatThrownBy(() -> limit.check(ip("10.0.0.1"))).isNotNull();
    nanos += 1;
    limit.check(ip("10.0.0.1"));
  }

  @Test
  void countsIpv6ByItsNetwork() {
    fail("2001:db8:1:2::1", 2);
    fail("2001:db8:1:2:ffff::1", 1);
    assertThatThrownBy(() -> limit.check(ip("2001:db8:1:2::3"))).isNotNull();
    limit.check(ip("2001:db8:1:3::1"));
  }

  @Test
  void isBounded() {
    for (int i = 0; i < 20_000; i++) {
      fail("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255), 1);
    }
    assertThat(limit.size()).isEqualTo(10_000);
  }

  @Test
  void canBeTurnedOff() {
    LoginLimit off = new LoginLimit(0);
    for (int i = 0; i < 100; i++) {
      off.failed(ip("10.0.0.1"));
    }
    assertThatCode(() -> off.check(ip("10.0.0.1"))).doesNotThrowAnyException();
  }

  @Test
  void believesTrustedProxiesAlone() {
    Clients direct = new Clients(Set.of());
    assertThat(direct.of(ip("10.0.0.9"), List.of("1.2.3.4"))).isEqualTo(ip("10.0.0.9"));
    Clients behind = new Clients(Set.of("10.0.0.9", "10.0.0.8"));
    assertThat(behind.of(ip("10.0.0.9"), List.of("6.6.6.6, 1.2.3.4"))).isEqualTo(ip("1.2.3.4"));
    assertThat(behind.of(ip("10.0.0.9"), List.of("1.2.3.4, 10.0.0.8"))).isEqualTo(ip("1.2.3.4"));
    assertThat(behind.of(ip("10.0.0.9"), List.of("1.2.3.4", "5.6.7.8"))).isEqualTo(ip("5.6.7.8"));
    assertThat(behind.of(ip("10.0.0.7"), List.of("1.2.3.4"))).isEqualTo(ip("10.0.0.7"));
    assertThat(behind.of(ip("10.0.0.9"), List.of("evil.example"))).isEqualTo(ip("10.0.0.9"));
    assertThat(behind.of(ip("10.0.0.9"), List.of())).isEqualTo(ip("10.0.0.9"));
  }
}
