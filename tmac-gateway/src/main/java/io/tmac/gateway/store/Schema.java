package io.tmac.gateway.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables. A later version adds a list of statements to {@link #STEPS}; a database remembers how
 * many of them it has seen.
 */
final class Schema {
  /** Versions, the oldest first. A step that was released never changes. */
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              """
              create table api_keys (
                id varchar(40) primary key,
                hash varchar(64) not null unique,
                hash_label varchar(8) not null,
                preview varchar(20) not null,
                name varchar(64) not null unique,
                role varchar(8) not null,
                rate_limit integer not null,
                parallel_limit integer not null,
                tokens_per_minute integer not null,
                models varchar(4000) not null,
                created_at timestamp with time zone not null,
                expires_at timestamp with time zone,
                last_used_at timestamp with time zone,
                is_active boolean not null)
              """,
              """
              create table audit_log (
                id bigint generated always as identity primary key,
                happened_at timestamp with time zone not null,
                actor varchar(200) not null,
                client varchar(64) not null,
                action varchar(40) not null,
                target varchar(200) not null,
                outcome varchar(200) not null)
              """,
              """
              create table usage_totals (
                principal varchar(200) not null,
                endpoint varchar(100) not null,
                model varchar(200) not null,
                requests bigint not null,
                client_errors bigint not null,
                server_errors bigint not null,
                prompt_tokens bigint not null,
                generated_tokens bigint not null,
                sum_micros bigint not null,
                min_micros bigint not null,
                max_micros bigint not null,
                primary key (principal, endpoint, model))
              """,
              """
              create table usage_times (
                principal varchar(200) not null,
                endpoint varchar(100) not null,
                model varchar(200) not null,
                bucket integer not null,
                requests bigint not null,
                primary key (principal, endpoint, model, bucket))
              """));

  private Schema() {}

  static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "create table if not exists tmac_meta"
              + " (name varchar(40) primary key, content varchar(200) not null)");
      for (String row : List.of("'lock', ''", "'schema', '0'")) {
        statement.execute("insert into tmac_meta values (" + row + ") on conflict do nothing");
      }
      connection.commit();
      Database.lock(connection);
      int version = version(connection);
      if (version > STEPS.size()) {
        throw new StoreException(
            "The database was written by a newer gateway (schema "
                + version
                + ", this one knows "
                + STEPS.size()
                + ")",
            null);
      }
      for (List<String> step : STEPS.subList(version, STEPS.size())) {
        for (String sql : step) {
          statement.execute(sql);
        }
      }
    }
    try (PreparedStatement update =
        connection.prepareStatement("update tmac_meta set content = ? where name = 'schema'")) {
      update.setString(1, Integer.toString(STEPS.size()));
      update.executeUpdate();
    }
  }

  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select content from tmac_meta where name = 'schema'")) {
      row.next();
      return Integer.parseInt(row.getString(1));
    }
  }
}
