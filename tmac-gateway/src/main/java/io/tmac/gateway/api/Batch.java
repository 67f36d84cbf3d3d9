package io.tmac.gateway.api;

import io.tmac.gateway.engine.Answer.Usage;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.ApiError;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Fields;
import io.tmac.gateway.http.Route;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Many prompts in one request; each has its own result, good or bad. */
public final class Batch {
  /** How many of them run at the same time, so that others have their turn as well. */
  private static final int PARALLEL = 8;

  private final OllamaReader reader;
  private final Replies replies;

  /** Creates the endpoint. */
  public Batch(Models models, ApiOptions options) {
    reader = new OllamaReader(models, options);
    replies = new Replies(options);
  }

  /** Returns the routes. */
  public List<Route> routes() {
    return List.of(
        new Route("POST", "/api/batch", Access.USER, "Answers many prompts", this::batch));
  }

  /** An answer or an error, and what it took. */
  private record Item(Map<String, Object> body, String model, List<Usage> used) {}

  private void batch(Call call) throws IOException, InterruptedException {
    List<Fields> requests = call.json().objects("requests", ApiOptions.BATCH);
    if (requests.isEmpty()) {
      throw ApiError.badField("requests", "requests must be a list of bodies of /api/generate");
    }
    List<Item> items = new ArrayList<>();
    // Closing waits; when this thread is interrupted, it interrupts the others.
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Semaphore turns = new Semaphore(PARALLEL);
      List<Future<Item>> running = new ArrayList<>();
      for (Fields request : requests) {
        running.add(
            executor.submit(() -> {
              turns.acquire();
              try {
                return item(call, request);
              } finally {
                turns.release();
              }
            }));
      }
      for (Future<Item> item : running) {
        items.add(get(item));
      }
    }
    count(call, items);
    List<Map<String, Object>> results = new ArrayList<>();
    for (Item item : items) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("index", results.size());
      result.putAll(item.body());
      results.add(result);
    }
    call.reply(200, Map.of("results", results));
  }

  private Item item(Call call, Fields request) throws InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    List<Usage> used = new ArrayList<>();
    String model = "";
    try {
      if (request.bool("stream", false)) {
        throw ApiError.badField(
            request.path() + "stream",
            request.path() + "stream: the items of a batch cannot be streamed");
      }
      Ask ask = reader.generate(request);
      call.checkModel(ask.model().id());
      model = ask.model().id();
      List<Shape.Result> results = replies.run(ask, used::add);
      body.put("status", 200);
      body.put("body", new OllamaShape(call.shortId(), ask, false).whole(results));
    } catch (ApiError e) {
      body.put("status", e.status());
      body.put("body", e.body(false));
    }
    return new Item(body, model, used);
  }

  private static Item get(Future<Item> item) throws InterruptedException {
    try {
      return item.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private static void count(Call call, List<Item> items) {
    long prompt = 0;
    long cached = 0;
    long generated = 0;
    for (Item item : items) {
      for (Usage usage : item.used()) {
        call.model(item.model());
        prompt += usage.promptTokens();
        cached += usage.cachedTokens();
        generated += usage.generatedTokens();
      }
    }
    call.tokens(prompt, cached, generated);
  }
}
