package io.tmac.gateway.auth;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Observer;
import io.tmac.gateway.store.Database;
import io.tmac.gateway.store.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who changed keys, and who tried to do what only administrators may: a table to which rows are
 * only ever added, and a line in the log {@code io.tmac.gateway.audit} for each. Keys stand there
 * by their ids. Safe for use by many threads.
 */
public final class AuditLog implements Observer {
  private static final Logger AUDIT = LoggerFactory.getLogger("io.tmac.gateway.audit");
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final int MAX_TEXT = 200;

  private final Database database;
  private final Clients clients;

  /** Writes into a database. */
  public AuditLog(Database database, Clients clients) {
    this.database = database;
    this.clients = clients;
  }

  /** Writes down that something was done. */
  void done(Call call, String action, String target) {
    write(call.principal().id(), clients.of(call).getHostAddress(), action, target, "done");
  }

  /** Writes down what the gateway itself did at its start. */
  public void started(String action, String target) {
    write("gateway", "", action, target, "done");
  }

  @Override
  public void ended(Call call, Throwable error) {
    if (error instanceof ApiError refusal
        && refusal.status() == 403
        && !call.principal().id().isEmpty()) {
      String target = call.method() + " " + call.routePath();
      write(call.principal().id(), clients.of(call).getHostAddress(), "denied", target, "refused");
    }
  }

  /** Returns what was written, the oldest row first: actor, action, target, outcome. */
  public List<String> rows() {
    return database.transaction(connection -> {
      try (PreparedStatement select =
              connection.prepareStatement(
                  "select actor, action, target, outcome from audit_log order by id");
          ResultSet row = select.executeQuery()) {
        List<String> rows = new ArrayList<>();
        while (row.next()) {
          rows.add(
              String.join(
                  " ", row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
        }
        return rows;
      }
    });
  }

  private void write(String actor, String client, String action, String target, String outcome) {
    AUDIT
        .atInfo()
        .addKeyValue("actor", actor)
        .addKeyValue("client", client)
        .addKeyValue("action", action)
        .addKeyValue("target", target)
        .addKeyValue("outcome", outcome)
        .log("audit");
    try {
      database.transaction(connection -> {
        insert(connection, actor, client, action, target, outcome);
        return null;
      });
    } catch (StoreException e) {
      LOG.error("the audit table cannot be written; the log has the line", e);
    }
  }

  private static void insert(Connection connection, String... texts) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into audit_log (happened_at, actor, client, action, target, outcome)"
                + " values (?, ?, ?, ?, ?, ?)")) {
      insert.setObject(1, Instant.now().atOffset(ZoneOffset.UTC));
      for (int i = 0; i < texts.length; i++) {
        insert.setString(i + 2, texts[i].substring(0, Math.min(texts[i].length(), MAX_TEXT)));
      }
      insert.executeUpdate();
    }
  }
}
