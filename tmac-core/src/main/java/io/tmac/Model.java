package io.tmac;

import io.tmac.format.WeightFormat;
import io.tmac.kernel.KvPages;
import io.tmac.kernel.WorkerPool;
import io.tmac.model.Pass;
import io.tmac.model.Sequence;
import io.tmac.model.Transformer;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.StampedLock;

/**
 * A language model, ready to run. Immutable and safe for use by many threads; each generation or
 * {@link Session} has its own state and all share the model's compute threads.
 *
 * <p>A model holds memory outside the heap and threads until it is closed.
 */
public final class Model implements AutoCloseable {
  private final LoadedModel loaded;

  /** Read-locked by every pass of the transformer, so that closing waits for it. */
  private final StampedLock lifetime = new StampedLock();

  /** Set before the lock is taken for closing: readers would overtake the writer without end. */
  private volatile boolean closed;

  /** How an answer ends, once that has been asked for. */
  private volatile Conversation.TurnEnd turnEnd;

  private Model(LoadedModel loaded) {
    this.loaded = loaded;
  }

  /**
   * Loads a model with default options.
   *
   * @param path a model file, or a folder that holds exactly one
   * @return the model
   * @throws ModelFormatException if the file is not a model or is damaged
   * @throws UnsupportedModelException if it is a model of a kind that this library does not run
   * @throws IOException if the file cannot be read
   */
  public static Model load(Path path) throws IOException {
    return load(path, ModelOptions.DEFAULT);
  }

  /**
   * Loads a model. Its format is told from its bytes. A model without a tokenizer loads too, and
   * runs on token ids alone.
   *
   * @param path a model file, or a folder that holds exactly one
   * @param options how to load it
   * @return the model
   * @throws ModelFormatException if the file is not a model or is damaged, or if the tokenizer does
   *     not fit
   * @throws UnsupportedModelException if it is a model of a kind that this library does not run
   * @throws IllegalArgumentException if the options do not fit the model
   * @throws IOException if a file cannot be read
   */
  public static Model load(Path path, ModelOptions options) throws IOException {
    return new Model(ModelLoader.load(path, options));
  }

  /**
   * Loads a model from a stream with default options; without a tokenizer, it runs on token ids.
   *
   * @param in the bytes of a model file; read to the end, not closed
   * @return the model
   * @throws ModelFormatException if the bytes are not a model
   * @throws UnsupportedModelException if it is a model of a kind that this library does not run
   * @throws IOException if the stream cannot be read
   */
  public static Model load(InputStream in) throws IOException {
    return load(in, "model stream", ModelOptions.DEFAULT);
  }

  /**
   * Loads a model from a stream, for example a resource in a jar. Its bytes are held outside the
   * heap. There is no file beside it, so that a tokenizer must come with the options.
   *
   * @param in the bytes of a model file; read to the end, not closed
   * @param name what to call it in messages
   * @param options how to load it
   * @return the model
   * @throws ModelFormatException if the bytes are not a model
   * @throws UnsupportedModelException if it is a model of a kind that this library does not run
   * @throws IllegalArgumentException if the options do not fit the model
   * @throws IOException if the stream cannot be read
   */
  public static Model load(InputStream in, String name, ModelOptions options) throws IOException {
    return new Model(ModelLoader.load(in, name, options));
  }

  /**
   * Makes a model with random weights: as fast and as large as a trained one of its shape, for
   * benchmarks and for tests without a model file. It says nothing sensible. There is no tokenizer
   * unless the options have one.
   *
   * @param config the shape
   * @param format the format of the embedding and the layers: F32, Int4, Int8 in groups, TernaryV1
   *     or TernaryV2
   * @param head the format of the classifier, one of these too; if it equals {@code format}, the
   *     embedding is also the classifier
   * @param options how to load it
   * @return the model
   * @throws IllegalArgumentException if it is another format, or if the options do not fit the
   *     shape
   * @throws OutOfMemoryError if there is not enough memory outside the heap
   * @throws IOException if the tokenizer that the options name cannot be read
   */
  public static Model random(
      ModelConfig config, WeightFormat format, WeightFormat head, ModelOptions options)
      throws IOException {
    return new Model(ModelLoader.random(config, format, head, options));
  }

  /**
   * Prepares a generation; it runs when the request is asked for its text, result or stream.
   *
   * @param prompt plain text; special tokens in it are not parsed
   * @return the request, with the defaults that its class states
   * @throws TmacException if the model has no tokenizer
   */
  public GenerationRequest generate(String prompt) {
    return new GenerationRequest(
        this, null, requireTokenizer().encode(prompt, EncodeOptions.PROMPT));
  }

  /**
   * Prepares a generation from token ids.
   *
   * @param prompt the tokens exactly as given; no BOS is added. They are checked when the request
   *     runs
   * @return the request, with the defaults that its class states
   */
  public GenerationRequest generate(int[] prompt) {
    return new GenerationRequest(this, null, prompt.clone());
  }

  /**
   * Prepares the answer to a conversation, which is written as the model's chat template wants it.
   * The answer ends where the model ends its turn.
   *
   * <p>Special tokens count in what the template writes, not in what the messages say.
   *
   * @param messages the conversation, the oldest message first
   * @return the request, with the defaults that its class states
   * @throws TmacException if the model has no chat template or no tokenizer
   * @throws ChatTemplateException if the template is not supported or refuses the messages
   */
  public GenerationRequest chat(List<ChatMessage> messages) {
    return chat(messages, Map.of());
  }

  /**
   * Prepares the answer to a conversation, with further variables for the chat template.
   *
   * @param messages the conversation, the oldest message first
   * @param variables what else the template may want to know, see {@link ChatTemplate#render(List,
   *     boolean, Map)}
   * @return the request, with the defaults that its class states
   * @throws TmacException if the model has no chat template or no tokenizer
   * @throws ChatTemplateException if the template is not supported or refuses the messages
   * @throws IllegalArgumentException if a variable is of a type that templates do not know
   */
  public GenerationRequest chat(List<ChatMessage> messages, Map<String, ?> variables) {
    return chat(null, messages, variables);
  }

  GenerationRequest chat(Session session, List<ChatMessage> messages, Map<String, ?> variables) {
    Conversation conversation = requireConversation();
    List<ChatMessage> said = List.copyOf(messages);
    GenerationRequest request =
        new GenerationRequest(this, session, conversation.encode(said, variables));
    request.answers(turnEnd(conversation), limit -> conversation.encode(said, variables, limit));
    return request;
  }

  private Conversation.TurnEnd turnEnd(Conversation conversation) {
    Conversation.TurnEnd end = turnEnd;
    if (end == null) {
      end = conversation.turnEnd();
      turnEnd = end;
    }
    return end;
  }

  /**
   * Starts an empty session.
   *
   * @return the session
   * @throws IllegalStateException if the model is closed
   */
  public Session newSession() {
    long stamp = enter();
    try {
      return new Session(this, newSequence(), newPass());
    } finally {
      exit(stamp);
    }
  }

  /**
   * The tokenizer.
   *
   * @return the tokenizer, or empty if none was found or given
   */
  public Optional<Tokenizer> tokenizer() {
    return loaded.tokenizer();
  }

  /**
   * How the model wants a conversation to be written.
   *
   * @return the template, or empty if the model has none and the options gave none
   */
  public Optional<ChatTemplate> chatTemplate() {
    return loaded.chatTemplate();
  }

  /**
   * What this model is and how it runs.
   *
   * @return the information
   */
  public ModelInfo info() {
    return loaded.info();
  }

  /**
   * Frees memory and threads. Waits for the pass that is running in each session; what a session or
   * a generation does after that is an {@link IllegalStateException}. Idempotent.
   */
  @Override
  public void close() {
    closed = true;
    long stamp = lifetime.writeLock();
    try {
      loaded.close();
    } finally {
      lifetime.unlockWrite(stamp);
    }
  }

  Tokenizer requireTokenizer() {
    return tokenizer()
        .orElseThrow(() ->
            new TmacException(
                info().source()
                    + " has no tokenizer: put its tokenizer.bin beside the model file, or name one"
                    + " with ModelOptions.withTokenizer, or generate from token ids"));
  }

  private Conversation requireConversation() {
    Tokenizer tokenizer = requireTokenizer();
    return chatTemplate()
        .map(template -> new Conversation(template, tokenizer))
        .orElseThrow(() ->
            new TmacException(
                info().source()
                    + " has no chat template: give one with ModelOptions.withChatTemplate, or"
                    + " generate from plain text"));
  }

  /** An empty sequence, while the model is kept open. */
  Sequence newSequence() {
    return loaded.transformer().newSequence(info().kvCache());
  }

  /** An empty pass, while the model is kept open. */
  Pass newPass() {
    return loaded.transformer().newPass();
  }

  /** Memory of the keys and values of a token. */
  long cacheBytesPerToken() {
    ModelConfig config = info().config();
    long head = KvPages.bytesPerPosition(info().kvCache(), config.headDim());
    return head * config.kvHeads() * config.layers();
  }

  /** Runs a pass, while the model is kept open; see {@link Transformer#run}. */
  float[] run(Pass pass) {
    try {
      return loaded.transformer().run(pass);
    } catch (InternalError e) {
      // What the JVM throws when a mapped page is gone.
      throw new TmacException(
          info().source() + " was changed or cut short while it was in use: load it again", e);
    }
  }

  /** The compute threads. */
  WorkerPool pool() {
    return loaded.pool();
  }

  /** Throws unless the tokens exist and fit into so much room. */
  void check(int[] tokens, int room) {
    int vocabSize = info().config().vocabSize();
    for (int token : tokens) {
      if (token < 0 || token >= vocabSize) {
        throw new IllegalArgumentException(
            "tokens must be from 0 to " + (vocabSize - 1) + ": " + token);
      }
    }
    if (tokens.length > room) {
      throw new IllegalArgumentException(
          tokens.length
              + " tokens do not fit: the context of "
              + info().contextLength()
              + " tokens has room for "
              + room
              + ". Shorten the prompt, or allow GenerationRequest.truncatePrompt()");
    }
  }

  /** Keeps the model open until {@link #exit}. */
  long enter() {
    long stamp = tryEnter();
    if (stamp == 0) {
      throw new IllegalStateException("the model is closed: " + info().source());
    }
    return stamp;
  }

  /** Keeps the model open until {@link #exit}; 0 if it is closed already. */
  long tryEnter() {
    if (closed) {
      return 0;
    }
    long stamp = lifetime.readLock();
    if (closed) {
      lifetime.unlockRead(stamp);
      return 0;
    }
    return stamp;
  }

  void exit(long stamp) {
    lifetime.unlockRead(stamp);
  }
}
