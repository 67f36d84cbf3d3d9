package io.tmac.gateway.stats;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * The totals in the database. They are only ever added to, so that several gateways can share them.
 */
final class StatsTable {
  private static final String NEW_TOTALS =
      "insert into usage_totals values (?, ?, ?, 0, 0, 0, 0, 0, 0, ?, 0) on conflict do nothing";
  private static final String ADD_TOTALS =
      """
      update usage_totals set
        requests = requests + ?, client_errors = client_errors + ?,
        server_errors = server_errors + ?, prompt_tokens = prompt_tokens + ?,
        generated_tokens = generated_tokens + ?, sum_micros = sum_micros + ?,
        min_micros = least(min_micros, ?), max_micros = greatest(max_micros, ?)
      where principal = ? and endpoint = ? and model = ?
      """;
  private static final String NEW_TIMES =
      "insert into usage_times values (?, ?, ?, ?, 0) on conflict do nothing";
  private static final String ADD_TIMES =
      """
      update usage_times set requests = requests + ?
      where principal = ? and endpoint = ? and model = ? and bucket = ?
      """;

  private StatsTable() {}

  private static void run(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    statement.executeUpdate();
  }

  /** Adds totals. Rows come in the order of the map, the same everywhere, so nobody deadlocks. */
  static void add(Connection connection, Map<Series, Totals> more) throws SQLException {
    try (PreparedStatement newTotals = connection.prepareStatement(NEW_TOTALS);
        PreparedStatement addTotals = connection.prepareStatement(ADD_TOTALS);
        PreparedStatement newTimes = connection.prepareStatement(NEW_TIMES);
        PreparedStatement addTimes = connection.prepareStatement(ADD_TIMES)) {
      for (Map.Entry<Series, Totals> entry : more.entrySet()) {
        String principal = entry.getKey().principal();
        String endpoint = entry.getKey().endpoint();
        String model = entry.getKey().model();
        Totals t = entry.getValue();
        run(newTotals, principal, endpoint, model, Long.MAX_VALUE);
        run(
            addTotals,
            t.requests,
            t.clientErrors,
            t.serverErrors,
            t.promptTokens,
            t.generatedTokens,
            t.sumMicros,
            t.minMicros,
            t.maxMicros,
            principal,
            endpoint,
            model);
        for (Map.Entry<Integer, Long> time : t.times.entrySet()) {
          run(newTimes, principal, endpoint, model, time.getKey());
          run(addTimes, time.getValue(), principal, endpoint, model, time.getKey());
        }
      }
    }
  }

  /** Returns all totals of a caller. */
  static Map<Series, Totals> of(Connection connection, String principal) throws SQLException {
    return read(connection, "principal, endpoint, model", "where principal = ?", principal);
  }

  /** Returns the totals of everybody by endpoint and model; the principal is left empty. */
  static Map<Series, Totals> all(Connection connection) throws SQLException {
    return read(connection, "'' as principal, endpoint, model", "");
  }

  /** Returns totals by caller; endpoint and model are left empty. */
  static Map<Series, Totals> byPrincipal(Connection connection) throws SQLException {
    return read(connection, "principal, '' as endpoint, '' as model", "where principal <> ''");
  }

  private static Map<Series, Totals> read(
      Connection connection, String columns, String where, String... values) throws SQLException {
    Map<Series, Totals> totals = new HashMap<>();
    String sql =
        "select "
            + columns
            + ", requests, client_errors, server_errors, prompt_tokens, generated_tokens,"
            + " sum_micros, min_micros, max_micros from usage_totals "
            + where;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        select.setString(i + 1, values[i]);
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          totals.computeIfAbsent(series(row), series -> new Totals()).add(totals(row));
        }
      }
    }
    sql = "select " + columns + ", bucket, requests from usage_times " + where;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        select.setString(i + 1, values[i]);
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          totals
              .computeIfAbsent(series(row), series -> new Totals())
              .times
              .merge(row.getInt("bucket"), row.getLong("requests"), Long::sum);
        }
      }
    }
    return totals;
  }

  private static Series series(ResultSet row) throws SQLException {
    return new Series(row.getString(1), row.getString(2), row.getString(3));
  }

  private static Totals totals(ResultSet row) throws SQLException {
    Totals totals = new Totals();
    totals.requests = row.getLong("requests");
    totals.clientErrors = row.getLong("client_errors");
    totals.serverErrors = row.getLong("server_errors");
    totals.promptTokens = row.getLong("prompt_tokens");
    totals.generatedTokens = row.getLong("generated_tokens");
    totals.sumMicros = row.getLong("sum_micros");
    totals.minMicros = row.getLong("min_micros");
    totals.maxMicros = row.getLong("max_micros");
    return totals;
  }
}
