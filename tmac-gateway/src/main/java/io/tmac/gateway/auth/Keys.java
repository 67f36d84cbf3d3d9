package io.tmac.gateway.auth;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.limit.Limits;
import io.tmac.gateway.store.Database;
import io.tmac.gateway.store.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API keys. A key that {@link #create} has returned is on the disk; one that {@link #revoke}
 * has returned for is refused from then on, in this process at once and in others of the same
 * database when their caches are old. Safe for use by many threads.
 */
public final class Keys {
  private static final Logger LOG = LoggerFactory.getLogger(Keys.class);
  private static final int ADMIN_REQUESTS = 10_000;
  private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

  /** Administrators that nothing but a revocation ends. One of them must always be there. */
  private static final String LASTING_ADMINS =
      "is_active and role = 'admin' and expires_at is null";

  private final Database database;
  private final KeyHash hash;
  private final Optional<KeyHash> previous;
  private final InstantSource clock;
  private final KeyCache cache;
  private final Map<String, Instant> uses = new HashMap<>();

  /**
   * What a new key shall be.
   *
   * @param name what people call it
   * @param admin whether it may administrate
   * @param limits how much it may ask for
   * @param models what it may use; empty for all
   * @param expiresAt from when on it is refused
   */
  record Order(
      String name, boolean admin, Limits limits, Set<String> models, Optional<Instant> expiresAt) {}

  /**
   * A new key.
   *
   * @param secret the key itself, which is not kept
   * @param key what is known about it
   */
  record Created(String secret, ApiKey key) {}

  /**
   * Creates the keys of a database.
   *
   * @param database where they are
   * @param secret what their hashes are keyed with
   * @param previous the secret that it replaces
   * @param cacheTime how long a change by another process may go unnoticed
   */
  public Keys(Database database, byte[] secret, Optional<byte[]> previous, Duration cacheTime) {
    this(database, secret, previous, cacheTime, InstantSource.system());
  }

  Keys(
      Database database,
      byte[] secret,
      Optional<byte[]> previous,
      Duration cacheTime,
      InstantSource clock) {
    this.database = database;
    this.hash = new KeyHash(secret);
    this.previous = previous.map(KeyHash::new);
    this.clock = clock;
    this.cache = new KeyCache(database.shared() ? cacheTime : FOREVER, System::nanoTime);
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  /**
   * Finds the key that somebody shows. Unknown, revoked and expired ones are all the same, and take
   * the same way.
   */
  Optional<ApiKey> authenticate(String secret) {
    String wanted = hash.of(secret);
    ApiKey key = cache.get(wanted);
    if (key == null) {
      long mark = cache.mark();
      key = database.transaction(connection -> read(connection, secret, wanted));
      if (key != null && key.active()) {
        cache.put(wanted, key, mark);
      }
    }
    if (key == null || !key.isUsable(clock.instant())) {
      return Optional.empty();
    }
    synchronized (uses) {
      uses.put(key.id(), now());
    }
    return Optional.of(key);
  }

  private ApiKey read(Connection connection, String secret, String wanted) throws SQLException {
    List<ApiKey> found = KeyRows.find(connection, "hash = ?", wanted);
    if (found.isEmpty() && previous.isPresent()) {
      String old = previous.get().of(secret);
      found = KeyRows.find(connection, "hash = ?", old);
      if (!found.isEmpty()) {
        KeyRows.update(
            connection,
            "update api_keys set hash = ?, hash_label = ? where hash = ?",
            wanted,
            hash.label(),
            old);
      }
    }
    return found.isEmpty() ? null : found.getFirst();
  }

  /**
   * Makes a key.
   *
   * @throws ApiError with status 400 if there is one of this name
   */
  Created create(Order order) {
    return create(order, ApiKey.newSecret());
  }

  private Created create(Order order, String secret) {
    Created created =
        database.transaction(connection -> {
          Database.lock(connection);
          if (!KeyRows.find(connection, "name = ?", order.name()).isEmpty()) {
            throw ApiError.badField("name", "API key name already exists: " + order.name());
          }
          return insert(connection, order, secret);
        });
    cache.clear();
    return created;
  }

  private Created insert(Connection connection, Order order, String secret) throws SQLException {
    ApiKey key =
        new ApiKey(
            ApiKey.newId(),
            ApiKey.preview(secret),
            order.name(),
            order.admin(),
            order.limits(),
            order.models(),
            now(),
            order.expiresAt(),
            Optional.empty(),
            true);
    KeyRows.insert(connection, key, hash.of(secret), hash.label());
    return new Created(secret, key);
  }

  /** Returns all keys, the oldest first, revoked ones too. */
  List<ApiKey> list() {
    flush();
    return database.transaction(connection -> KeyRows.find(connection, "1 = 1"));
  }

  /** Finds a key by its id. */
  public Optional<String> preview(String id) {
    return database.transaction(connection -> KeyRows.find(connection, "id = ?", id)).stream()
        .findFirst()
        .map(ApiKey::preview);
  }

  /**
   * Revokes a key for good.
   *
   * @param name its id, or its preview if no other active key has the same
   * @return the key
   * @throws ApiError with status 404 if there is none, 409 if the preview is not unique or the key
   *     is the last administrator's
   */
  ApiKey revoke(String name) {
    ApiKey revoked =
        database.transaction(connection -> {
          Database.lock(connection);
          ApiKey key = named(connection, name);
          if (key.active() && key.admin() && key.expiresAt().isEmpty()) {
            if (KeyRows.find(connection, LASTING_ADMINS).size() < 2) {
              throw ApiError.of(
                  409, "The last administrator's key without an expiry cannot be revoked");
            }
          }
          KeyRows.update(
              connection, "update api_keys set is_active = false where id = ?", key.id());
          return key;
        });
    cache.clear();
    return revoked;
  }

  private static ApiKey named(Connection connection, String name) throws SQLException {
    List<ApiKey> found = KeyRows.find(connection, "id = ?", name);
    if (found.isEmpty()) {
      String preview = name.endsWith("...") ? name : name + "...";
      found = KeyRows.find(connection, "is_active and preview = ?", preview);
    }
    if (found.size() > 1) {
      throw ApiError.of(409, "Several keys begin like this; give the id of one");
    }
    if (found.isEmpty()) {
      throw ApiError.notFound("API key not found");
    }
    return found.getFirst();
  }

  /**
   * Sees to it that there is an administrator.
   *
   * @param given a key that shall be one, made if it does not exist
   * @return a new key that somebody must be told, if one was made
   * @throws StoreException with one sentence if nobody could administrate
   */
  public Optional<String> bootstrap(Optional<String> given) {
    if (given.isPresent()) {
      provide(given.get());
      return Optional.empty();
    }
    Optional<String> made =
        database.transaction(connection -> {
          Database.lock(connection);
          Map<String, Integer> labels = KeyRows.labels(connection, LASTING_ADMINS);
          if (labels.isEmpty()) {
            Order order = admin(free(connection, "default-admin"));
            return Optional.of(insert(connection, order, ApiKey.newSecret()).secret());
          }
          if (labels.keySet().stream().noneMatch(this::knows)) {
            throw new StoreException(
                "The keys of this database were made with another JWT_SECRET; give that one as"
                    + " JWT_SECRET_PREVIOUS, or a new administrator's key as GATEWAY_ADMIN_KEY",
                null);
          }
          return Optional.<String>empty();
        });
    warnOfLostKeys();
    return made;
  }

  private boolean knows(String label) {
    return label.equals(hash.label())
        || previous.map(KeyHash::label).filter(label::equals).isPresent();
  }

  private void warnOfLostKeys() {
    Map<String, Integer> labels =
        database.transaction(connection -> KeyRows.labels(connection, "1 = 1"));
    labels.forEach((label, count) -> {
      if (!knows(label)) {
        LOG.warn("{} keys were made with another JWT_SECRET and do not open anything", count);
      } else if (!label.equals(hash.label())) {
        LOG.info("{} keys were not used yet since JWT_SECRET was changed", count);
      }
    });
  }

  private void provide(String secret) {
    Optional<ApiKey> there =
        Optional.ofNullable(
            database.transaction(connection -> read(connection, secret, hash.of(secret))));
    if (there.isPresent()) {
      if (!there.get().active() || !there.get().admin() || there.get().expiresAt().isPresent()) {
        throw new StoreException(
            "GATEWAY_ADMIN_KEY was revoked, expires, or is no administrator's; give another one",
            null);
      }
      return;
    }
    database.transaction(connection -> {
      Database.lock(connection);
      if (read(connection, secret, hash.of(secret)) == null) {
        insert(connection, admin(free(connection, "configured-admin")), secret);
      }
      return null;
    });
    warnOfLostKeys();
  }

  private static Order admin(String name) {
    return new Order(name, true, new Limits(ADMIN_REQUESTS, 0, 0), Set.of(), Optional.empty());
  }

  private static String free(Connection connection, String name) throws SQLException {
    String free = name;
    for (int i = 2; !KeyRows.find(connection, "name = ?", free).isEmpty(); i++) {
      free = name + "-" + i;
    }
    return free;
  }

  /** Writes down when keys were used. Called every few seconds and at the end. */
  public void flush() {
    Map<String, Instant> taken;
    synchronized (uses) {
      taken = Map.copyOf(uses);
      uses.clear();
    }
    if (!taken.isEmpty()) {
      database.transaction(connection -> {
        KeyRows.touch(connection, taken);
        return null;
      });
    }
  }
}
