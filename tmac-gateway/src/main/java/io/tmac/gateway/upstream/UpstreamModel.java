package io.tmac.gateway.upstream;

import io.tmac.gateway.engine.Answer;
import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.ModelCard;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A model that another server runs: vLLM, llama-server, another gateway, or whatever else speaks
 * OpenAI's interface. Where that server is comes from the configuration alone, and redirects are
 * not followed.
 *
 * <p>Every few seconds the other server is asked for its models; what it answers decides whether
 * this one is {@link #ready}.
 */
public final class UpstreamModel implements ServedModel {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamModel.class);
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int MAX_LIST = 4 << 20;

  private final Target target;
  private final Instant since = Instant.now();
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final CountDownLatch checked = new CountDownLatch(1);
  private final Thread checker;
  private volatile boolean ready;
  private volatile int contextLength;

  /**
   * Where a model is.
   *
   * @param id the name that clients of this gateway use
   * @param url what comes before {@code /chat/completions}, mostly ending with {@code /v1}
   * @param model what the other server calls the model
   * @param key the other server's key, if it wants one
   * @param checkEvery time between checks of the other server
   */
  public record Target(
      String id, URI url, String model, Optional<String> key, Duration checkEvery) {

    /** An HTTP request to a path, with the key. */
    HttpRequest.Builder request(String path) {
      String base = url.toString().replaceFirst("/+$", "");
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
      key.ifPresent(value -> request.header("Authorization", "Bearer " + value));
      return request;
    }

    /** Does not show the key. */
    @Override
    public String toString() {
      return id + " at " + url;
    }
  }

  /** Starts to watch another server. */
  public UpstreamModel(Target target) {
    this.target = target;
    checker = Thread.ofVirtual().name("tmac-gateway-check-" + target.id()).start(this::watch);
  }

  private void watch() {
    try {
      while (true) {
        boolean before = ready;
        String state = check();
        ready = state.isEmpty();
        if (ready != before || checked.getCount() > 0) {
          LOG.info("upstream {} is {}", target, ready ? "ready" : "not ready: " + state);
        }
        checked.countDown();
        Thread.sleep(target.checkEvery());
      }
    } catch (InterruptedException e) {
      LOG.debug("upstream {} is watched no more", target);
    }
  }

  /** Asks for the models; returns what is wrong, or an empty string. */
  private String check() throws InterruptedException {
    HttpRequest request = target.request("/models").timeout(CONNECT).build();
    try {
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() != 200) {
          return "status " + response.statusCode();
        }
        JsonNode models = Json.MAPPER.readTree(body.readNBytes(MAX_LIST)).path("data");
        for (JsonNode model : models) {
          if (model.path("id").asString("").equals(target.model())) {
            contextLength =
                model.path("context_length").asInt(model.path("max_model_len").asInt(0));
            return "";
          }
        }
        return "it has no model " + target.model();
      }
    } catch (IOException e) {
      return e.getClass().getSimpleName();
    } catch (JacksonException e) {
      return "its list of models is no JSON";
    }
  }

  @Override
  public String id() {
    return target.id();
  }

  @Override
  public ModelCard card() {
    return new ModelCard(
        since, 0, "", "upstream", "", 0, "", contextLength, Optional.empty(), Map.of());
  }

  @Override
  public boolean ready() {
    return ready;
  }

  @Override
  public boolean remote() {
    return true;
  }

  /** Waits for the first check, whatever it finds. */
  @Override
  public void awaitReady() throws InterruptedException {
    checked.await();
  }

  @Override
  public Answer begin(Job job) {
    HttpRequest request =
        target
            .request(UpstreamRequest.path(job))
            .timeout(job.deadline())
            .header("Content-Type", "application/json")
            .header("Accept", "text/event-stream")
            .POST(BodyPublishers.ofByteArray(UpstreamRequest.body(target.model(), job)))
            .build();
    return UpstreamAnswer.begin(client, request, target, job);
  }

  @Override
  public void close() {
    checker.interrupt();
    client.shutdownNow();
  }
}
