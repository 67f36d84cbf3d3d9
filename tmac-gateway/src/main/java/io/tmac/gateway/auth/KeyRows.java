package io.tmac.gateway.auth;

import io.tmac.gateway.limit.Limits;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The table of keys, row by row. */
final class KeyRows {
  private static final String COLUMNS =
      "id, preview, name, role, rate_limit, parallel_limit, tokens_per_minute, models, created_at,"
          + " expires_at, last_used_at, is_active";

  private KeyRows() {}

  private static PreparedStatement prepare(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }

  static int update(Connection connection, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql, values)) {
      return statement.executeUpdate();
    }
  }

  /** Returns the keys for which a condition holds, the oldest first. */
  static List<ApiKey> find(Connection connection, String condition, Object... values)
      throws SQLException {
    String sql =
        "select " + COLUMNS + " from api_keys where " + condition + " order by created_at, id";
    try (PreparedStatement statement = prepare(connection, sql, values);
        ResultSet rows = statement.executeQuery()) {
      List<ApiKey> keys = new ArrayList<>();
      while (rows.next()) {
        keys.add(read(rows));
      }
      return keys;
    }
  }

  private static ApiKey read(ResultSet row) throws SQLException {
    String models = row.getString("models");
    return new ApiKey(
        row.getString("id"),
        row.getString("preview"),
        row.getString("name"),
        row.getString("role").equals("admin"),
        new Limits(
            row.getInt("rate_limit"),
            row.getInt("parallel_limit"),
            row.getInt("tokens_per_minute")),
        models.isEmpty() ? Set.of() : Set.of(models.split("\n")),
        instant(row, "created_at").orElseThrow(),
        instant(row, "expires_at"),
        instant(row, "last_used_at"),
        row.getBoolean("is_active"));
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  static void insert(Connection connection, ApiKey key, String hash, String label)
      throws SQLException {
    String sql =
        "insert into api_keys ("
            + COLUMNS
            + ", hash, hash_label) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    update(
        connection,
        sql,
        key.id(),
        key.preview(),
        key.name(),
        ApiKey.role(key.admin()),
        key.limits().requests(),
        key.limits().parallel(),
        key.limits().tokensPerMinute(),
        String.join("\n", new TreeSet<>(key.models())),
        time(key.createdAt()),
        key.expiresAt().map(KeyRows::time).orElse(null),
        null,
        key.active(),
        hash,
        label);
  }

  /** Returns the labels of the secrets that active keys were hashed with, and how many each has. */
  static Map<String, Integer> labels(Connection connection, String condition) throws SQLException {
    String sql =
        "select hash_label, count(*) from api_keys where is_active and "
            + condition
            + " group by hash_label";
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet rows = statement.executeQuery()) {
      Map<String, Integer> labels = new HashMap<>();
      while (rows.next()) {
        labels.put(rows.getString(1), rows.getInt(2));
      }
      return labels;
    }
  }

  static void touch(Connection connection, Map<String, Instant> uses) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("update api_keys set last_used_at = ? where id = ?")) {
      for (Map.Entry<String, Instant> use : uses.entrySet()) {
        statement.setObject(1, time(use.getValue()));
        statement.setString(2, use.getKey());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }
}
