package io.tmac.gateway;

import io.tmac.BatcherOptions;
import io.tmac.Model;
import io.tmac.ModelOptions;
import io.tmac.gateway.api.ApiOptions;
import io.tmac.gateway.api.Batch;
import io.tmac.gateway.api.Home;
import io.tmac.gateway.api.ModelList;
import io.tmac.gateway.api.Ollama;
import io.tmac.gateway.api.OpenAi;
import io.tmac.gateway.api.OpenApi;
import io.tmac.gateway.api.Probes;
import io.tmac.gateway.engine.LocalModel;
import io.tmac.gateway.engine.Models;
import io.tmac.gateway.engine.ServedModel;
import io.tmac.gateway.http.Access;
import io.tmac.gateway.http.Call;
import io.tmac.gateway.http.Cors;
import io.tmac.gateway.http.Guard;
import io.tmac.gateway.http.Observer;
import io.tmac.gateway.http.Principal;
import io.tmac.gateway.http.Route;
import io.tmac.gateway.http.Router;
import io.tmac.gateway.http.WebServer;
import io.tmac.gateway.limit.Drain;
import io.tmac.gateway.page.Page;
import io.tmac.gateway.socket.ChatSocket;
import io.tmac.gateway.stats.Metrics;
import io.tmac.gateway.upstream.UpstreamModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A server that gives models to the clients of OpenAI and Ollama: chat, completions, streaming, and
 * the probes of a deployment. Requests share a model through {@link io.tmac.Batcher}.
 *
 * <pre>{@code
 * try (Gateway gateway =
 *     Gateway.builder()
 *         .address(new InetSocketAddress("127.0.0.1", 8080))
 *         .model("stories", Path.of("stories260K"))
 *         .start()) {
 *   gateway.awaitReady();
 *   ...
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads.
 */
public final class Gateway implements AutoCloseable {
  private static final int SOCKETS = 1000;
  private static final Duration SOCKET_IDLE = Duration.ofMinutes(10);

  private final Models models;
  private final Optional<Services> services;
  private final Drain drain;
  private final Metrics metrics;
  private final WebServer server;
  private final Optional<ChatSocket> socket;
  private final Router router;

  private Gateway(Builder builder) throws IOException {
    WebServer.Options options = builder.options();
    services = builder.settings.map(Services::open);
    List<ServedModel> served = new ArrayList<>();
    try {
      builder.models.forEach(model -> served.add(model.apply(builder.sharing)));
      models = new Models(served);
      drain = new Drain(services.map(Services::guard).orElse(builder.guard));
      metrics = new Metrics(models, drain::running);
      List<Observer> observers = new ArrayList<>(builder.observers);
      observers.add(metrics);
      services.map(Services::observers).ifPresent(observers::addAll);
      router = new Router(routes(builder));
      server = WebServer.start(options, router, drain, observers);
      try {
        socket = openSocket(builder, options);
      } catch (IOException | RuntimeException | Error e) {
        server.close();
        throw e;
      }
    } catch (IOException | RuntimeException | Error e) {
      served.forEach(ServedModel::close);
      services.ifPresent(Services::close);
      throw e;
    }
  }

  private Optional<ChatSocket> openSocket(Builder builder, WebServer.Options options)
      throws IOException {
    if (builder.socketPort < 0) {
      return Optional.empty();
    }
    ChatSocket.Options how =
        new ChatSocket.Options(
            new InetSocketAddress(options.address().getAddress(), builder.socketPort),
            options.tls(),
            builder.settings.map(all -> all.get(Setting.CORS_ORIGINS)).orElse(Set.of()),
            options.maxBody(),
            SOCKETS,
            SOCKET_IDLE);
    return Optional.of(ChatSocket.start(how, server.handler()));
  }

  private List<Route> routes(Builder builder) {
    String version = Version.get();
    List<Route> routes = new ArrayList<>();
    routes.addAll(new Home(version, () -> List.copyOf(routes), builder.page).routes());
    routes.addAll(new Probes(models, drain::accepting).routes());
    routes.addAll(new OpenAi(models, builder.api).routes());
    routes.addAll(new Ollama(models, builder.api).routes());
    routes.addAll(new Batch(models, builder.api).routes());
    routes.addAll(new ModelList(models, version).routes());
    routes.addAll(new OpenApi(version, () -> List.copyOf(routes)).routes());
    routes.addAll(metrics.routes(builder.metricsAccess()));
    services.map(all -> all.routes(models)).ifPresent(routes::addAll);
    builder.routes.forEach(more -> routes.addAll(more.apply(models)));
    return routes;
  }

  /**
   * Prepares a server.
   *
   * @return a builder with all defaults and without a model
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts a server for one model, whose name is that of its file without the ending.
   *
   * @param model the model to serve; not closed with the server
   * @param address where to listen; port 0 picks a free one
   * @return the running server
   * @throws IOException if the address cannot be used
   */
  public static Gateway start(Model model, InetSocketAddress address) throws IOException {
    return builder().model(name(model.info().source()), model).address(address).start();
  }

  /** A name for clients, made from that of a file. */
  private static String name(String source) {
    String file = source.substring(source.replace('\\', '/').lastIndexOf('/') + 1);
    String plain =
        file.replaceFirst("\\.(bin|gguf|safetensors)$", "").replaceAll("[^A-Za-z0-9._-]", "-");
    String name = plain.replaceFirst("^[^A-Za-z0-9]+", "");
    return name.isEmpty() ? "model" : name;
  }

  /** Returns all routes. */
  List<Route> routes() {
    return router.routes();
  }

  /** Returns keys, limits and statistics, if there are settings. */
  Optional<Services> services() {
    return services;
  }

  /**
   * Where the server listens.
   *
   * @return host and actual port
   */
  public InetSocketAddress address() {
    return server.address();
  }

  /**
   * The port of the WebSocket endpoint.
   *
   * @return the port, or empty if there is none
   */
  public OptionalInt socketPort() {
    return socket.map(all -> OptionalInt.of(all.port())).orElse(OptionalInt.empty());
  }

  /**
   * The administrator's key that was made because there was none. It is kept nowhere: show it to
   * the person who starts the gateway, once.
   *
   * @return the key, if this start made one
   */
  public Optional<String> newAdminKey() {
    return services.flatMap(Services::newAdminKey);
  }

  /**
   * Waits until all models are loaded.
   *
   * @throws IOException if one cannot be read
   * @throws io.tmac.TmacException if one is no model, or none that this library runs
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public void awaitReady() throws IOException, InterruptedException {
    models.awaitReady();
  }

  /**
   * Takes no more requests for answers, says so to whoever asks whether it is ready, and waits for
   * the answers under way. Close it then.
   *
   * @param patience how long to wait at most
   * @return whether all answers are complete
   * @throws InterruptedException if the waiting thread is interrupted
   */
  public boolean drain(Duration patience) throws InterruptedException {
    drain.begin();
    return drain.await(patience);
  }

  /**
   * Stops at once. Answers under way are cut off; {@link #drain} first lets them end. Idempotent.
   */
  @Override
  public void close() {
    drain.begin();
    socket.ifPresent(ChatSocket::close);
    server.close();
    models.close();
    services.ifPresent(Services::close);
  }

  /** Collects what a server needs. Not safe for use by several threads. */
  public static final class Builder {
    private static final int DEFAULT_PORT = 8080;
    private static final int MAX_PORT = 65_535;
    private static final int DEFAULT_BODY = 4 << 20;
    private static final Duration DEFAULT_CHECK = Duration.ofSeconds(10);
    private static final Duration DEFAULT_STALL = Duration.ofSeconds(30);
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final List<Function<BatcherOptions, ServedModel>> models = new ArrayList<>();
    private final List<Observer> observers = new ArrayList<>();
    private final List<Function<Models, List<Route>>> routes = new ArrayList<>();
    private InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), DEFAULT_PORT);
    private BatcherOptions sharing = BatcherOptions.DEFAULT;
    private ApiOptions api = ApiOptions.DEFAULT;
    private Set<String> hosts;
    private int maxBody = DEFAULT_BODY;
    private int socketPort = -1;
    private Duration stallTimeout = DEFAULT_STALL;
    private Guard guard = new OpenDoor();
    private Optional<Route.Handler> page = Optional.of(new Page()::send);
    private Optional<GatewaySettings> settings = Optional.empty();
    private UnaryOperator<String> environment = System::getenv;
    private Duration upstreamCheck = DEFAULT_CHECK;

    private Builder() {}

    /**
     * Takes everything from settings: where to listen, keys, limits, statistics, logs, TLS, and the
     * models they name. What is set on this builder afterwards takes the place of theirs.
     *
     * <p>Without settings there are no keys and no limits, so such a gateway listens on loopback
     * addresses only.
     *
     * @param settings the settings
     * @return this builder
     * @throws IOException if the list of models cannot be read
     * @throws IllegalArgumentException with one sentence if it is wrong
     */
    public Builder settings(GatewaySettings settings) throws IOException {
      this.settings = Optional.of(settings);
      for (ModelEntry entry : ModelEntry.of(settings)) {
        if (entry.path().isPresent()) {
          model(entry.id(), entry.path().get());
        } else {
          String key = entry.keyEnv().map(name -> environment(entry.id(), name)).orElse("");
          upstream(
              entry.id(), entry.url().orElseThrow(), entry.upstreamModel().orElse(entry.id()), key);
        }
      }
      hosts = settings.allowedHosts();
      return address(new InetSocketAddress(settings.get(Setting.HOST), settings.get(Setting.PORT)))
          .sharing(
              BatcherOptions.DEFAULT
                  .withSlots(settings.get(Setting.SLOTS))
                  .withQueueCapacity(settings.get(Setting.QUEUE)))
          .maxTokens(settings.get(Setting.MAX_TOKENS))
          .deadline(settings.get(Setting.DEADLINE))
          .heartbeat(settings.get(Setting.HEARTBEAT))
          .stallTimeout(settings.get(Setting.STALL_TIMEOUT))
          .maxBody(settings.get(Setting.MAX_BODY))
          .socketPort(settings.get(Setting.WS_PORT));
    }

    /**
     * Sets where to listen. Default: port 8080 of the loopback address.
     *
     * @param address host and port; port 0 picks a free one
     * @return this builder
     */
    public Builder address(InetSocketAddress address) {
      this.address = Objects.requireNonNull(address, "address");
      return this;
    }

    /**
     * Also answers chats over WebSocket, on a port of its own. Default: none.
     *
     * @param port the port; 0 picks a free one, -1 for none
     * @return this builder
     */
    public Builder socketPort(int port) {
      if (port < -1 || port > MAX_PORT) {
        throw new IllegalArgumentException("a port must be from -1 to 65535: " + port);
      }
      socketPort = port;
      return this;
    }

    /**
     * Adds a model that is loaded already.
     *
     * @param name its name for clients: letters, digits, '.', '_', ':' and '-'
     * @param model the model; not closed with the server
     * @return this builder
     */
    public Builder model(String name, Model model) {
      Objects.requireNonNull(model, "model");
      models.add(options -> LocalModel.of(name, model, options));
      return this;
    }

    /**
     * Adds a model that is loaded with default options once the server starts, and closed with it.
     * Until it is loaded, {@code /ready} answers 503.
     *
     * @param name its name for clients: letters, digits, '.', '_', ':' and '-'
     * @param path a model file, or a folder that holds exactly one
     * @return this builder
     */
    public Builder model(String name, Path path) {
      return model(name, path, ModelOptions.DEFAULT);
    }

    /**
     * Adds a model that is loaded once the server starts, and closed with it. Until it is loaded,
     * {@code /ready} answers 503.
     *
     * @param name its name for clients: letters, digits, '.', '_', ':' and '-'
     * @param path a model file, or a folder that holds exactly one
     * @param loading how to load it
     * @return this builder
     */
    public Builder model(String name, Path path, ModelOptions loading) {
      Objects.requireNonNull(path, "path");
      models.add(options -> LocalModel.load(name, path, loading, options));
      return this;
    }

    /**
     * Adds the model that comes with the gateway, for a first look: {@link DemoModel}, under its
     * name. It is loaded once the server starts, and closed with it.
     *
     * @return this builder
     */
    public Builder demoModel() {
      models.add(options -> LocalModel.load(DemoModel.NAME, DemoModel::load, options));
      return this;
    }

    /**
     * Adds a model that another server runs, which speaks OpenAI's interface: vLLM, llama-server,
     * another gateway. It has this gateway's keys, limits and statistics. Whether the other server
     * is there is checked every ten seconds; this gateway is ready without it.
     *
     * @param name its name for clients: letters, digits, '.', '_', ':' and '-'
     * @param url what comes before {@code /chat/completions}, for example {@code
     *     http://gpu:8000/v1}
     * @param upstreamModel what the other server calls the model
     * @param key the other server's key, or an empty string
     * @return this builder
     * @throws IllegalArgumentException if the address has no host, or the key cannot stand in a
     *     header
     */
    public Builder upstream(String name, URI url, String upstreamModel, String key) {
      if (url.getHost() == null || !url.getScheme().matches("https?")) {
        throw new IllegalArgumentException("not the address of a server: " + url);
      }
      if (!key.matches("[!-~]*")) {
        throw new IllegalArgumentException("the key of " + url + " has spaces or other characters");
      }
      Optional<String> some = Optional.of(key).filter(value -> !value.isEmpty());
      models.add(options ->
          new UpstreamModel(
              new UpstreamModel.Target(name, url, upstreamModel, some, upstreamCheck)));
      return this;
    }

    /** Keys of other servers stand in the environment, never in a file that lists models. */
    private String environment(String model, String name) {
      String key = environment.apply(name);
      if (key == null || key.isBlank()) {
        throw new IllegalArgumentException(
            "the key of model " + model + " is missing: set " + name + " in the environment");
      }
      return key.strip();
    }

    /**
     * Sets how requests share a model: how many run at the same time and how many may wait.
     *
     * @param sharing the options; each model has its own slots and queue
     * @return this builder
     */
    public Builder sharing(BatcherOptions sharing) {
      this.sharing = Objects.requireNonNull(sharing, "sharing");
      return this;
    }

    /**
     * Sets how many tokens an answer may have if the client names no number. Default: 2048.
     *
     * @param maxTokens at least 1
     * @return this builder
     */
    public Builder maxTokens(int maxTokens) {
      if (maxTokens < 1) {
        throw new IllegalArgumentException("maxTokens must be at least 1: " + maxTokens);
      }
      api = new ApiOptions(maxTokens, api.deadline(), api.heartbeat());
      return this;
    }

    /**
     * Sets how long an answer may take, waiting in the queue included. Default: ten minutes.
     *
     * @param deadline above 0
     * @return this builder
     */
    public Builder deadline(Duration deadline) {
      api = new ApiOptions(api.maxTokens(), positive("deadline", deadline), api.heartbeat());
      return this;
    }

    /**
     * Sets after what silence a stream tells its client that it is still there. Only by that does
     * the server notice that a client has gone while its prompt is computed. Default: 5 seconds.
     *
     * @param heartbeat above 0
     * @return this builder
     */
    public Builder heartbeat(Duration heartbeat) {
      api = new ApiOptions(api.maxTokens(), api.deadline(), positive("heartbeat", heartbeat));
      return this;
    }

    /**
     * Sets how long one write waits for a client that does not read; then the client is cut off.
     * Default: 30 seconds.
     *
     * @param stallTimeout above 0
     * @return this builder
     */
    public Builder stallTimeout(Duration stallTimeout) {
      this.stallTimeout = positive("stallTimeout", stallTimeout);
      return this;
    }

    /**
     * Sets how many bytes a request's body may have. Default: 4 MiB.
     *
     * @param maxBody at least 1
     * @return this builder
     */
    public Builder maxBody(int maxBody) {
      if (maxBody < 1 || maxBody == Integer.MAX_VALUE) {
        throw new IllegalArgumentException("maxBody must be at least 1: " + maxBody);
      }
      this.maxBody = maxBody;
      return this;
    }

    /**
     * Sets the names under which clients may ask for this server. Others are refused: the page of a
     * stranger could otherwise reach a server of this machine under a name of its own. Default: if
     * the address is a loopback address, the names of that; else any.
     *
     * @param hosts names without ports; empty for any
     * @return this builder
     */
    public Builder allowedHosts(Set<String> hosts) {
      this.hosts = Set.copyOf(hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList());
      return this;
    }

    Builder environment(UnaryOperator<String> environment) {
      this.environment = environment;
      return this;
    }

    Builder upstreamCheck(Duration every) {
      upstreamCheck = every;
      return this;
    }

    Builder guard(Guard guard) {
      this.guard = guard;
      return this;
    }

    Builder observer(Observer observer) {
      observers.add(observer);
      return this;
    }

    Builder routes(Function<Models, List<Route>> more) {
      routes.add(more);
      return this;
    }

    Builder page(Route.Handler page) {
      this.page = Optional.of(page);
      return this;
    }

    Builder serve(ServedModel model) {
      models.add(options -> model);
      return this;
    }

    /** Without keys, only this machine reaches the gateway. */
    private Access metricsAccess() {
      boolean open =
          settings
              .map(all -> all.get(Setting.METRICS_PUBLIC))
              .orElseGet(() -> guard instanceof OpenDoor);
      return open ? Access.PUBLIC : Access.ADMIN;
    }

    private static Duration positive(String name, Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException(name + " must be above 0: " + value);
      }
      return value;
    }

    private WebServer.Options options() {
      InetAddress host = address.getAddress();
      boolean local = host != null && host.isLoopbackAddress();
      Set<String> names = hosts != null ? hosts : local ? LOOPBACK : Set.of();
      boolean open =
          settings.map(all -> all.get(Setting.NO_AUTH)).orElse(guard instanceof OpenDoor);
      if (open && !local) {
        throw new IllegalArgumentException(
            "a gateway without keys listens on loopback addresses only, not on " + address);
      }
      return new WebServer.Options(
          address,
          settings.flatMap(Tls::of),
          names,
          settings.map(all -> new Cors(all.get(Setting.CORS_ORIGINS))).orElse(Cors.CLOSED),
          maxBody,
          stallTimeout);
    }

    /**
     * Starts the server. It listens at once; models that are to be loaded are loaded meanwhile.
     *
     * @return the running server
     * @throws IOException if the address cannot be used
     * @throws IllegalArgumentException if there is no model, or two have the same name
     */
    public Gateway start() throws IOException {
      if (models.isEmpty()) {
        throw new IllegalArgumentException("a gateway needs at least one model");
      }
      return new Gateway(this);
    }
  }

  /** Lets everybody in. */
  private static final class OpenDoor implements Guard {
    @Override
    public Admission admit(Call call) {
      return new Admission() {
        @Override
        public Principal principal() {
          return Principal.NOBODY;
        }

        @Override
        public void countTokens(long tokens) {
          // There are no limits.
        }

        @Override
        public void close() {
          // It holds nothing.
        }
      };
    }
  }
}
