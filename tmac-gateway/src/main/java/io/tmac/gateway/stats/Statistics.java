package io.tmac.gateway.stats;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Observer;
import io.tmac.gateway.http.Principal;
import io.tmac.gateway.store.Database;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Totals of all calls by caller, endpoint and model. New ones are collected in memory and written
 * to the database every few seconds, so the death of the process loses a few seconds of them. Calls
 * of public routes are not counted. Safe for use by many threads.
 */
public final class Statistics implements Observer {
  /** What is not written yet has at most this many rows, should the database be away. */
  private static final int MAX_PENDING = 20_000;

  private static final Series OTHERS = new Series("(others)", Series.NONE, "");
  private static final int MAX_MODEL = 200;
  private static final Comparator<Series> ORDER =
      Comparator.comparing(Series::principal)
          .thenComparing(Series::endpoint)
          .thenComparing(Series::model);

  private final Database database;
  private final Recent recent = new Recent(System::nanoTime);
  private final ReentrantLock writing = new ReentrantLock();
  private Map<Series, Totals> pending = new TreeMap<>(ORDER);

  /** Keeps totals in a database. */
  public Statistics(Database database) {
    this.database = database;
  }

  @Override
  public void ended(Call call, Throwable error) {
    boolean nobody = call.principal().equals(Principal.NOBODY);
    String route = call.routePath();
    if (nobody && (!route.isEmpty() || status(call, error) < 400)) {
      return; // A public route, or a browser that asks what its page may do.
    }
    String model = call.model();
    add(
        new Series(
            call.principal().id(),
            route.isEmpty() ? Series.NONE : route,
            model.substring(0, Math.min(model.length(), MAX_MODEL))),
        status(call, error),
        call.nanos() / 1000,
        call.promptTokens(),
        call.generatedTokens());
  }

  /** The status, or that of what went wrong after the reply had begun. */
  static int status(Call call, Throwable error) {
    return error instanceof ApiError refusal ? refusal.status() : call.status();
  }

  void add(Series series, int status, long micros, long prompt, long generated) {
    recent.add();
    synchronized (this) {
      boolean full = pending.size() >= MAX_PENDING && !pending.containsKey(series);
      pending
          .computeIfAbsent(full ? OTHERS : series, key -> new Totals())
          .add(status, micros, prompt, generated);
    }
  }

  /**
   * Writes down what is new. Called every few seconds and at the end.
   *
   * @throws io.tmac.gateway.store.StoreException if the database is away; nothing is lost then
   */
  public void flush() {
    writing.lock();
    try {
      Map<Series, Totals> taken;
      synchronized (this) {
        taken = pending;
        pending = new TreeMap<>(ORDER);
      }
      if (taken.isEmpty()) {
        return;
      }
      try {
        database.transaction(connection -> {
          StatsTable.add(connection, taken);
          return null;
        });
      } catch (RuntimeException e) {
        putBack(taken);
        throw e;
      }
    } finally {
      writing.unlock();
    }
  }

  private synchronized void putBack(Map<Series, Totals> taken) {
    pending.forEach(
        (series, totals) -> taken.computeIfAbsent(series, key -> new Totals()).add(totals));
    pending = taken;
  }

  /** Returns what is not written yet. */
  synchronized Map<Series, Totals> pending() {
    return Map.copyOf(pending);
  }

  /** Returns the totals of one caller, by endpoint and model. */
  Map<Series, Totals> of(String principal) {
    flush();
    return database.transaction(connection -> StatsTable.of(connection, principal));
  }

  /** Returns the totals of all, by endpoint and model. */
  Map<Series, Totals> all() {
    flush();
    return database.transaction(StatsTable::all);
  }

  /** Returns the totals of each caller. */
  Map<Series, Totals> byPrincipal() {
    flush();
    return database.transaction(StatsTable::byPrincipal);
  }

  /** Returns the calls per second of the last minute. */
  double perSecond() {
    return recent.perSecond();
  }
}
