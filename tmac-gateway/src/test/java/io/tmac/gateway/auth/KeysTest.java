package io.tmac.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tmac.gateway.limit.Limits;
import io.tmac.gateway.store.Database;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysTest {
  private static final byte[] SECRET = bytes("the secret of the first year, 32+");
  private static final byte[] NEXT_SECRET = bytes("the secret of the second year, 32+");
  private static final Limits LIMITS = new Limits(50, 3, 700);

  @TempDir private Path folder;

  private Instant now = Instant.parse("2030-01-01T00:00:00Z");
  private Database database;
  private Keys keys;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @BeforeEach
  void open() {
    database = Database.open("jdbc:h2:file:" + folder.resolve("data/gateway"), "", "");
    keys = keys(SECRET, null);
  }

  private Keys keys(byte[] secret, byte[] previous) {
    return new Keys(
        database, secret, Optional.ofNullable(previous), Duration.ofSeconds(5), () -> now);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static Keys.Order order(String name, boolean admin) {
    return new Keys.Order(name, admin, LIMITS, Set.of(), Optional.empty());
  }

  @Test
  void aKeyOpensAndKeepsWhatItWasOrderedWith() {
    Keys.Created created =
        keys.create(
            new Keys.Order(
                "ada", false, LIMITS, Set.of("b", "a"), Optional.of(now.plusSeconds(9))));
    assertThat(created.secret()).matches("tmac-[A-Za-z0-9]{32}");
    for (Keys reader : List.of(keys, keys(SECRET, null))) {
      assertThat(reader.authenticate(created.secret())).contains(created.key());
    }
    assertThat(created.key().preview()).isEqualTo(created.secret().substring(0, 12) + "...");
    assertThat(created.key().models()).containsExactlyInAnyOrder("a", "b");
    assertThat(keys.authenticate(ApiKey.newSecret())).isEmpty();
  }

  @Test
  void keysDiffer() {
    Set<String> secrets = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      secrets.add(ApiKey.newSecret());
    }
    assertThat(secrets).hasSize(1000);
  }

  @Test
  void theKeyItselfIsNotKept() throws Exception {
    String secret = keys.create(order("ada", false)).secret();
    database.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(content).doesNotContain(secret.substring(5), secret.substring(12));
      }
    }
  }

  @Test
  void theSameKeyHasAnotherHashUnderAnotherSecret() {
    assertThat(new KeyHash(SECRET).of("x"))
        .hasSize(64)
        .isNotEqualTo(new KeyHash(NEXT_SECRET).of("x"));
  }

  @Test
  void aRevokedKeyIsRefusedAtOnce() {
    Keys.Created created = keys.create(order("ada", false));
    assertThat(keys.authenticate(created.secret())).isPresent();
    keys.revoke(created.key().id());
    assertThat(keys.authenticate(created.secret())).isEmpty();
    assertThat(keys(SECRET, null).authenticate(created.secret())).isEmpty();
    assertThat(keys.list()).singleElement().satisfies(key -> assertThat(key.active()).isFalse());
  }

  /** A reader that has seen the key before its revocation must not put it back. */
  @Test
  void revocationWinsAgainstReadersOnTheWay() throws Exception {
    for (int round = 0; round < 20; round++) {
      Keys.Created created = keys.create(order("round" + round, false));
      Thread reader =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 50; i++) {
                  var _ = keys.authenticate(created.secret());
                }
              });
      keys.revoke(created.key().id());
      assertThat(keys.authenticate(created.secret())).isEmpty();
      reader.join();
      assertThat(keys.authenticate(created.secret())).isEmpty();
    }
  }

  @Test
  void theCacheRefusesWhatWasReadBeforeAChange() {
    long[] nanos = {0};
    KeyCache cache = new KeyCache(Duration.ofSeconds(5), () -> nanos[0]);
    ApiKey key = keys.create(order("ada", false)).key();
    long mark = cache.mark();
    cache.clear();
    cache.put("h", key, mark);
    assertThat(cache.get("h")).isNull();
    cache.put("h", key, cache.mark());
    nanos[0] = Duration.ofSeconds(5).toNanos() - 1;
    assertThat(cache.get("h")).isEqualTo(key);
    nanos[0]++;
    assertThat(cache.get("h")).isNull();
  }

  @Test
  void anExpiredKeyIsRefusedFromThatMomentOn() {
    Instant end = now.plusSeconds(60);
    Keys.Created created =
        keys.create(new Keys.Order("ada", false, LIMITS, Set.of(), Optional.of(end)));
    now = end.minusMillis(1);
    assertThat(keys.authenticate(created.secret())).isPresent();
    now = end;
    assertThat(keys.authenticate(created.secret())).isEmpty();
  }

  @Test
  void namesAreUnique() {
    keys.create(order("ada", false));
    assertThatThrownBy(() -> keys.create(order("ada", true)))
        .hasMessage("API key name already exists: ada");
  }

  @Test
  void aKeyIsRevokedByIdOrByAPreviewThatIsUnique() {
    Keys.Created one = keys.create(order("one", false));
    keys.revoke(one.secret().substring(0, 12));
    assertThat(keys.authenticate(one.secret())).isEmpty();
    Keys.Created two = keys.create(order("two", false));
    keys.revoke(two.key().preview());
    assertThat(keys.authenticate(two.secret())).isEmpty();
    assertThatThrownBy(() -> keys.revoke("tmac-")).hasMessage("API key not found");
    assertThatThrownBy(() -> keys.revoke("key-nobody")).hasMessage("API key not found");
    assertThatThrownBy(() -> keys.revoke("%")).hasMessage("API key not found");
    assertThatThrownBy(() -> keys.revoke("' or '1'='1")).hasMessage("API key not found");
  }

  @Test
  void aPreviewOfTwoKeysRevokesNeither() {
    Keys.Created one = keys.create(order("one", false));
    Keys.Created two = keys.create(order("two", false));
    database.transaction(connection ->
        KeyRows.update(connection, "update api_keys set preview = ?", one.key().preview()));
    assertThatThrownBy(() -> keys.revoke(one.key().preview()))
        .hasMessage("Several keys begin like this; give the id of one");
    assertThat(keys.authenticate(one.secret())).isPresent();
    assertThat(keys.authenticate(two.secret())).isPresent();
  }

  @Test
  void theLastLastingAdministratorStays() {
    Keys.Created first = keys.create(order("first", true));
    keys.create(new Keys.Order("guest", true, LIMITS, Set.of(), Optional.of(now.plusSeconds(60))));
    assertThatThrownBy(() -> keys.revoke(first.key().id()))
        .hasMessage("The last administrator's key without an expiry cannot be revoked");
    Keys.Created second = keys.create(order("second", true));
    keys.revoke(first.key().id());
    assertThatThrownBy(() -> keys.revoke(second.key().id())).isNotNull();
    assertThat(keys.authenticate(second.secret())).isPresent();
  }

  @Test
  void administratorsWhoRevokeEachOtherDoNotBothSucceed() throws Exception {
    for (int round = 0; round < 10; round++) {
      List<Keys.Created> admins = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        admins.add(keys.create(order("admin" + round + "-" + i, true)));
      }
      CountDownLatch begin = new CountDownLatch(1);
      AtomicInteger refused = new AtomicInteger();
      List<Thread> threads = new ArrayList<>();
      for (ApiKey admin : keys.list().stream().filter(ApiKey::active).toList()) {
        threads.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    begin.await();
                    keys.revoke(admin.id());
                  } catch (InterruptedException | RuntimeException e) {
                    refused.incrementAndGet();
                  }
                }));
      }
      begin.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(refused).hasValue(1);
      assertThat(keys.list().stream().filter(ApiKey::active)).hasSize(1);
    }
  }

  @Test
  void theFirstStartMakesAnAdministratorAndLaterOnesDoNot() {
    String secret = keys.bootstrap(Optional.empty()).orElseThrow();
    ApiKey key = keys.authenticate(secret).orElseThrow();
    assertThat(key.admin()).isTrue();
    assertThat(key.name()).isEqualTo("default-admin");
    assertThat(keys(SECRET, null).bootstrap(Optional.empty())).isEmpty();
    assertThat(keys.list()).hasSize(1);
  }

  @Test
  void aConfiguredAdministratorIsMadeOnce() {
    String secret = ApiKey.newSecret();
    for (int start = 0; start < 3; start++) {
      assertThat(keys.bootstrap(Optional.of(secret))).isEmpty();
    }
    assertThat(keys.authenticate(secret).orElseThrow().admin()).isTrue();
    assertThat(keys.list()).hasSize(1);
    keys.create(order("other", true));
    keys.revoke(keys.authenticate(secret).orElseThrow().id());
    assertThatThrownBy(() -> keys.bootstrap(Optional.of(secret)))
        .hasMessageContaining("GATEWAY_ADMIN_KEY was revoked");
  }

  @Test
  void aChangeOfTheSecretKeepsTheKeysThatAreUsedMeanwhile() {
    Keys.Created used = keys.create(order("used", true));
    Keys.Created unused = keys.create(order("unused", false));
    Keys meanwhile = keys(NEXT_SECRET, SECRET);
    assertThat(meanwhile.bootstrap(Optional.empty())).isEmpty();
    assertThat(meanwhile.authenticate(used.secret())).isPresent();
    Keys after = keys(NEXT_SECRET, null);
    assertThat(after.bootstrap(Optional.empty())).isEmpty();
    assertThat(after.authenticate(used.secret())).isPresent();
    assertThat(after.authenticate(unused.secret())).isEmpty();
  }

  @Test
  void aLostSecretIsSaidAtTheStart() {
    keys.bootstrap(Optional.empty());
    assertThatThrownBy(() -> keys(NEXT_SECRET, null).bootstrap(Optional.empty()))
        .hasMessageContaining("made with another JWT_SECRET");
    String secret = ApiKey.newSecret();
    Keys rescued = keys(NEXT_SECRET, null);
    rescued.bootstrap(Optional.of(secret));
    assertThat(rescued.authenticate(secret)).isPresent();
  }

  @Test
  void remembersWhenAKeyWasUsed() {
    Keys.Created created = keys.create(order("ada", false));
    assertThat(keys.list().getFirst().lastUsedAt()).isEmpty();
    now = now.plusSeconds(5);
    var _ = keys.authenticate(created.secret());
    assertThat(keys.list().getFirst().lastUsedAt()).contains(now);
  }

  @Test
  void aDatabaseThatIsNotThereIsNamedWithoutItsPassword() {
    assertThatThrownBy(
            () -> Database.open("jdbc:postgresql://127.0.0.1:1/x?password=hush", "u", "p"))
        .hasMessage(
            "The database jdbc:postgresql://127.0.0.1:1/x cannot be opened; check GATEWAY_DB or"
                + " GATEWAY_DATA");
  }

  @Test
  void aDatabaseOfANewerGatewayIsLeftAlone() {
    database.transaction(connection ->
        KeyRows.update(connection, "update tmac_meta set content = '99' where name = 'schema'"));
    database.close();
    assertThatThrownBy(
            () -> Database.open("jdbc:h2:file:" + folder.resolve("data/gateway"), "", ""))
        .hasMessage("The database was written by a newer gateway (schema 99, this one knows 1)");
  }

  /** An interrupt is how the gateway frees a stuck call; under H2 it would close the file. */
  @Test
  void anInterruptDoesNotHarmTheDatabase() {
    Thread.currentThread().interrupt();
    // It may be done before anybody looks at the interrupt.
    Throwable error = catchThrowable(() -> keys.create(order("ada", false)));
    if (error != null) {
      assertThat(error).hasMessageContaining("Interrupted");
    }
    assertThat(Thread.interrupted()).isTrue();
    Keys.Created created = keys.create(order("bob", false));
    assertThat(keys.authenticate(created.secret())).isPresent();
  }

  @Test
  void theFolderIsItsOwnersAlone() throws Exception {
    assertThat(Files.getPosixFilePermissions(folder.resolve("data")))
        .extracting(Enum::name)
        .allMatch(name -> name.startsWith("OWNER"));
  }

  @Test
  void theHashIsLookedUpNotTheKey() {
    String secret = keys.create(order("ada", false)).secret();
    String hash =
        database.transaction(connection -> {
          try (PreparedStatement select = connection.prepareStatement("select hash from api_keys");
              ResultSet rows = select.executeQuery()) {
            rows.next();
            return rows.getString(1);
          }
        });
    assertThat(hash).isEqualTo(new KeyHash(SECRET).of(secret));
    assertThat(keys.authenticate(hash)).isEmpty();
  }
}
