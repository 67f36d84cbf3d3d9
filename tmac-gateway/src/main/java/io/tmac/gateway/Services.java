package io.tmac.gateway;

import io.tmac.gateway.auth.AuditLog;
import io.tmac.gateway.auth.Clients;
import io.tmac.gateway.auth.Gatekeeper;
import io.tmac.gateway.auth.KeyRoutes;
import io.tmac.gateway.auth.Keys;
import io.tmac.gateway.auth.LoginLimit;
import io.tmac.gateway.auth.Tokens;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Guard;
import io.tmac.gateway.http.Observer;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.limit.Limiter;
import io.tmac.gateway.limit.Limits;
import io.tmac.gateway.stats.AccessLog;
import io.tmac.gateway.stats.Statistics;
import io.tmac.gateway.stats.StatsRoutes;
import io.tmac.gateway.store.Database;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys, limits, statistics and logs, as the settings want them: who is let in, who hears of calls,
 * and the routes to look after all that.
 */
final class Services implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Services.class);
  private static final int FLUSH_SECONDS = 5;

  private final Database database;
  private final Limiter limiter;
  private final Limits defaults;
  private final Statistics statistics;
  private final AuditLog audit;
  private final Guard guard;
  private final Optional<Keys> keys;
  private final Optional<String> newAdminKey;
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("tmac-gateway-flush").factory());

  private Services(GatewaySettings settings, Database database) {
    this.database = database;
    limiter = new Limiter(settings.get(Setting.RATE_LIMIT_WINDOW));
    defaults =
        new Limits(
            settings.get(Setting.RATE_LIMIT_REQUESTS),
            settings.get(Setting.PARALLEL),
            settings.get(Setting.TOKENS_PER_MINUTE));
    statistics = new Statistics(database);
    Clients clients = new Clients(settings.get(Setting.TRUSTED_PROXIES));
    audit = new AuditLog(database, clients);
    if (settings.get(Setting.NO_AUTH)) {
      keys = Optional.empty();
      newAdminKey = Optional.empty();
      guard = Gatekeeper.open();
    } else {
      List<byte[]> secrets = new ArrayList<>();
      secrets.add(bytes(settings.get(Setting.JWT_SECRET)));
      settings.find(Setting.JWT_SECRET_PREVIOUS).map(Services::bytes).ifPresent(secrets::add);
      Keys all =
          new Keys(
              database,
              secrets.getFirst(),
              secrets.size() > 1 ? Optional.of(secrets.get(1)) : Optional.empty(),
              settings.get(Setting.KEY_CACHE));
      newAdminKey = all.bootstrap(settings.find(Setting.ADMIN_KEY));
      newAdminKey.ifPresent(key -> audit.started("create-key", "default-admin"));
      keys = Optional.of(all);
      Tokens tokens =
          new Tokens(
              secrets,
              new Tokens.Rules(
                  settings.find(Setting.JWT_ISSUER),
                  settings.find(Setting.JWT_AUDIENCE),
                  settings.get(Setting.JWT_MAX_ROLE).equals("admin"),
                  defaults));
      LoginLimit logins = new LoginLimit(settings.get(Setting.LOGIN_FAILURES));
      guard = new Gatekeeper(all, tokens, logins, clients, limiter);
    }
    timer.scheduleWithFixedDelay(this::flush, FLUSH_SECONDS, FLUSH_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Opens the database and makes the first key if there is none.
   *
   * @throws io.tmac.gateway.store.StoreException with one sentence if the database cannot be used
   */
  static Services open(GatewaySettings settings) {
    Database database =
        Database.open(
            settings.databaseUrl(),
            settings.get(Setting.DB_USER),
            settings.get(Setting.DB_PASSWORD));
    try {
      return new Services(settings, database);
    } catch (RuntimeException | Error e) {
      database.close();
      throw e;
    }
  }

  private static byte[] bytes(String secret) {
    return secret.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns who is let in. */
  Guard guard() {
    return guard;
  }

  /** Returns who hears of calls. */
  List<Observer> observers() {
    return List.of(statistics, new AccessLog(), audit);
  }

  /** Returns the routes to keys and statistics; without authentication there are no keys. */
  List<Route> routes(Models models) {
    List<Route> routes = new ArrayList<>();
    keys.ifPresent(all ->
        routes.addAll(
            new KeyRoutes(
                    all,
                    audit,
                    defaults,
                    models.all().stream().map(ServedModel::id).collect(Collectors.toSet()))
                .routes()));
    routes.addAll(new StatsRoutes(statistics, limiter, this::preview).routes());
    return routes;
  }

  /** Finds the first characters of a key by its id; subjects of tokens have none. */
  private Optional<String> preview(String id) {
    return id.startsWith("key-") ? keys.flatMap(all -> all.preview(id)) : Optional.empty();
  }

  /** Returns the administrator's key that was made at the first start; shown once, to a person. */
  Optional<String> newAdminKey() {
    return newAdminKey;
  }

  /** Returns the audit log, the oldest row first, for tests. */
  List<String> auditRows() {
    return audit.rows();
  }

  private void flush() {
    try {
      statistics.flush();
      keys.ifPresent(Keys::flush);
    } catch (RuntimeException e) {
      LOG.warn("statistics are not written at the moment: {}", e.getMessage());
    }
  }

  /** Writes down what is new, and closes the database. Idempotent. */
  @Override
  public void close() {
    timer.close();
    flush();
    database.close();
  }
}
