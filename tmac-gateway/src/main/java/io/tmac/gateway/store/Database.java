package io.tmac.gateway.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * H2 in a file of one gateway, or PostgreSQL for several, with the same SQL. What a transaction has
 * written when it returns survives the death of the process: H2 is told not to delay its writes.
 *
 * <p>Work runs on threads of its own. An interrupt, which is how the gateway ends calls, would
 * close the file under H2. Safe for use by many threads.
 */
public final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final int WAIT_MILLIS = 5_000;
  private static final String H2 = "jdbc:h2:";
  private static final String H2_FILE = "jdbc:h2:file:";
  private static final String H2_OPTIONS =
      ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH;WRITE_DELAY=0"
          + ";DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1";
  private static final int IN_USE = 90020;

  private final HikariDataSource pool;
  private final boolean shared;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          CONNECTIONS, Thread.ofPlatform().daemon().name("tmac-gateway-db-", 0).factory());

  /**
   * Work inside a transaction.
   *
   * @param <T> its result
   */
  @FunctionalInterface
  public interface Work<T> {

    /** Does the work; the transaction is committed when it returns, rolled back if it throws. */
    T run(Connection connection) throws SQLException;
  }

  private Database(HikariDataSource pool, boolean shared) {
    this.pool = pool;
    this.shared = shared;
  }

  /**
   * Opens a database and makes its tables where there are none.
   *
   * @param url {@code jdbc:h2:...} or {@code jdbc:postgresql:...}
   * @param user may be empty
   * @param password may be empty
   * @throws StoreException with one sentence if it cannot be used
   */
  public static Database open(String url, String user, String password) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("tmac-gateway");
    config.setJdbcUrl(complete(url));
    config.setUsername(user);
    config.setPassword(password);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(WAIT_MILLIS);
    config.setAutoCommit(false);
    if (!url.startsWith(H2)) {
      config.addDataSourceProperty("connectTimeout", "5");
      config.addDataSourceProperty("socketTimeout", "10");
    }
    HikariDataSource pool = null;
    try {
      if (url.startsWith(H2_FILE)) {
        makeFolder(Path.of(url.substring(H2_FILE.length()).split(";", 2)[0]));
      }
      pool = new HikariDataSource(config);
      Database database = new Database(pool, !url.startsWith(H2));
      database.prepare();
      return database;
    } catch (RuntimeException | IOException e) {
      if (pool != null) {
        pool.close();
      }
      throw new StoreException(explain(url, e), e);
    }
  }

  /** Two gateways that begin with an empty database disturb each other once. */
  private void prepare() {
    Work<Void> work =
        connection -> {
          Schema.prepare(connection);
          return null;
        };
    try {
      transaction(work);
    } catch (StoreException e) {
      if (!shared || !(e.getCause() instanceof SQLException)) {
        throw e;
      }
      transaction(work);
    }
  }

  private static String complete(String url) {
    if (url.equals("jdbc:h2:mem:")) {
      return url + UUID.randomUUID() + H2_OPTIONS;
    }
    return url.startsWith(H2) ? url + H2_OPTIONS : url;
  }

  /** The file names keys and people, so only its owner may read it. */
  private static void makeFolder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(folder)) {
      return;
    }
    if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(folder);
    }
  }

  private static String explain(String url, Exception error) {
    // Passwords may stand behind these.
    String name = url.split("[?;]", 2)[0].replaceAll("//[^/@]*@", "//");
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getErrorCode() == IN_USE) {
        return "The database "
            + name
            + " is in use by another gateway; give this one another GATEWAY_DATA";
      }
      if (cause instanceof StoreException store && store.getCause() == null) {
        return store.getMessage();
      }
      if (cause instanceof SQLException sql && "28".equals(state(sql))) {
        return "The database " + name + " refuses GATEWAY_DB_USER or GATEWAY_DB_PASSWORD";
      }
    }
    return "The database " + name + " cannot be opened; check GATEWAY_DB or GATEWAY_DATA";
  }

  private static String state(SQLException error) {
    String state = error.getSQLState();
    return state == null || state.length() < 2 ? "" : state.substring(0, 2);
  }

  /** Whether other gateways may use it at the same time. */
  public boolean shared() {
    return shared;
  }

  /**
   * Runs a transaction.
   *
   * @return what the work returned, after the commit
   * @throws StoreException if the database cannot be used
   */
  public <T> T transaction(Work<T> work) {
    Future<T> future;
    try {
      future = threads.submit(() -> run(work));
    } catch (RejectedExecutionException e) {
      throw new StoreException("The database is closed", e);
    }
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("Interrupted while waiting for the database", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SQLException sql -> throw new StoreException("The database did not answer", sql);
        // Errors of the work itself, such as a key that is not there, are the caller's.
        case RuntimeException unchecked -> throw unchecked;
        default -> throw new StoreException("The database failed", e.getCause());
      }
    }
  }

  private <T> T run(Work<T> work) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      try {
        T result = work.run(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      }
    }
  }

  /**
   * Lets one transaction at a time go on, among all gateways of the database, until it ends. For
   * changes that depend on more than one row.
   */
  public static void lock(Connection connection) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement(
            "select content from tmac_meta where name = 'lock' for update")) {
      lock.executeQuery().close();
    }
  }

  @Override
  public void close() {
    if (pool.isClosed()) {
      return;
    }
    threads.close();
    if (!shared) {
      try (Connection connection = pool.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("shutdown");
      } catch (SQLException e) {
        // It was closed already; everything was written at its commit.
      }
    }
    pool.close();
  }
}
