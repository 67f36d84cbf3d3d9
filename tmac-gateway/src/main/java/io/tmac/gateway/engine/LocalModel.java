package io.tmac.gateway.engine;

import io.tmac.Batcher;
import io.tmac.BatcherOptions;
import io.tmac.BatcherStatistics;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.QueueFullException;
import io.tmac.gateway.http.ApiError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model of this process, shared by all requests through a {@link Batcher}. */
public final class LocalModel implements ServedModel {
  private static final Logger LOG = LoggerFactory.getLogger(LocalModel.class);
  private static final int RETRY_SECONDS = 5;

  private final String id;
  private final Instant since = Instant.now();
  private final CompletableFuture<Loaded> loading;

  /** Where a model comes from. */
  @FunctionalInterface
  public interface Source {

    /**
     * Loads the model.
     *
     * @return the model, which is closed by whoever serves it
     * @throws IOException if it cannot be read
     */
    Model load() throws IOException;
  }

  /** Describes a model that has been loaded. */
  @FunctionalInterface
  private interface Describer {
    ModelCard describe(Model model) throws IOException;
  }

  /** A model that can answer. */
  private record Loaded(Model model, boolean owned, Batcher batcher, ModelCard card) {}

  private LocalModel(String id, CompletableFuture<Loaded> loading) {
    this.id = id;
    this.loading = loading;
  }

  /**
   * Serves a model that is loaded already.
   *
   * @param id its public name
   * @param model the model; not closed by this
   * @param options how requests share it
   */
  public static LocalModel of(String id, Model model, BatcherOptions options) {
    ModelCard card = Cards.of(model, Instant.now());
    Loaded loaded = new Loaded(model, false, Batcher.of(model, options), card);
    return new LocalModel(id, CompletableFuture.completedFuture(loaded));
  }

  /**
   * Loads a model on a thread of its own. Until that is done it is not ready.
   *
   * @param id its public name
   * @param path a model file, or a folder that holds one
   * @param modelOptions how to load it
   * @param options how requests share it
   */
  public static LocalModel load(
      String id, Path path, ModelOptions modelOptions, BatcherOptions options) {
    return load(
        id,
        path.toString(),
        () -> Model.load(path, modelOptions),
        model -> Cards.of(model, path),
        options);
  }

  /**
   * Loads a model that is no file, on a thread of its own. Until that is done it is not ready.
   *
   * @param id its public name
   * @param source where it comes from
   * @param options how requests share it
   */
  public static LocalModel load(String id, Source source, BatcherOptions options) {
    return load(id, "the class path", source, model -> Cards.of(model, Instant.now()), options);
  }

  private static LocalModel load(
      String id, String where, Source source, Describer describer, BatcherOptions options) {
    CompletableFuture<Loaded> loading = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("tmac-gateway-load-" + id)
        .start(() -> {
          try {
            loading.complete(open(source, describer, options));
            LOG.info("model {} is ready", id);
          } catch (IOException | RuntimeException | Error e) {
            LOG.error("model {} could not be loaded from {}", id, where, e);
            loading.completeExceptionally(e);
          }
        });
    return new LocalModel(id, loading);
  }

  private static Loaded open(Source source, Describer describer, BatcherOptions options)
      throws IOException {
    Model model = source.load();
    try {
      return new Loaded(model, true, Batcher.of(model, options), describer.describe(model));
    } catch (IOException | RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public ModelCard card() {
    return ready() ? loading.join().card() : Cards.loading(since);
  }

  @Override
  public boolean ready() {
    return loading.isDone() && !loading.isCompletedExceptionally();
  }

  @Override
  public void awaitReady() throws IOException, InterruptedException {
    try {
      loading.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case Throwable cause -> throw new IOException(cause);
      }
    }
  }

  @Override
  public Optional<BatcherStatistics> statistics() {
    return ready() ? Optional.of(loading.join().batcher().statistics()) : Optional.empty();
  }

  @Override
  public Answer begin(Job job) {
    if (!loading.isDone()) {
      throw ApiError.of(503, "Model " + id + " is being loaded").retryAfter(RETRY_SECONDS);
    }
    if (loading.isCompletedExceptionally()) {
      throw ApiError.of(503, "Model " + id + " could not be loaded; the log says why")
          .withCode("model_not_loaded");
    }
    Loaded loaded = loading.join();
    GenerationRequest request = Requests.of(loaded.model(), job);
    try {
      return new LocalAnswer(
          loaded.batcher().stream(request),
          loaded.model().tokenizer().orElseThrow(),
          request.promptTokens());
    } catch (QueueFullException e) {
      throw ApiError.of(503, "Too many requests are waiting for model " + id)
          .withCode("queue_full")
          .retryAfter(RETRY_SECONDS);
    } catch (IllegalArgumentException e) {
      throw ApiError.of(400, e.getMessage());
    } catch (IllegalStateException e) {
      throw LocalAnswer.stopping();
    }
  }

  /** Ends what runs. Waits for a model that is being loaded, to free it. */
  @Override
  public void close() {
    Loaded loaded;
    try {
      loaded = loading.join();
    } catch (RuntimeException e) {
      return; // It could not be loaded: there is nothing to close.
    }
    loaded.batcher().close();
    if (loaded.owned()) {
      loaded.model().close();
    }
  }
}
