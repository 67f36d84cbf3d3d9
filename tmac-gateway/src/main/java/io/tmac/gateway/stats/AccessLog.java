package io.tmac.gateway.stats;

import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Observer;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A line per call in the log {@code io.tmac.gateway.access}: who asked for what, and what it took.
 * Nothing that a client wrote freely stands in it: no path, no header, no body. Probes are logged
 * at DEBUG.
 */
public final class AccessLog implements Observer {
  private static final Logger LOG = LoggerFactory.getLogger("io.tmac.gateway.access");
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS");

  @Override
  public void ended(Call call, Throwable error) {
    boolean probe = call.principal().id().isEmpty() && !call.routePath().isEmpty();
    LoggingEventBuilder line =
        LOG.atLevel(probe ? Level.DEBUG : Level.INFO)
            .addKeyValue("id", call.id())
            .addKeyValue("method", METHODS.contains(call.method()) ? call.method() : "OTHER")
            .addKeyValue("route", call.routePath().isEmpty() ? Series.NONE : call.routePath())
            .addKeyValue("status", Statistics.status(call, error))
            .addKeyValue("ms", call.nanos() / 1_000 / 1000.0)
            .addKeyValue("principal", call.principal().id());
    if (!call.model().isEmpty()) {
      line =
          line.addKeyValue("model", call.model())
              .addKeyValue("prompt_tokens", call.promptTokens())
              .addKeyValue("cached_tokens", call.cachedTokens())
              .addKeyValue("generated_tokens", call.generatedTokens());
    }
    if (error != null && !(error instanceof ApiError)) {
      line = line.addKeyValue("failure", error.getClass().getSimpleName());
    }
    line.log("request");
  }
}
