package io.tmac.quant.train;

import io.tmac.ModelConfig;
import io.tmac.quant.encode.OutputFile;
import io.tmac.quant.encode.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Trains a llama on a file of tokens, with float or with ternary weights.
 *
 * <pre>{@code
 * try (TokenFile tokens = TokenFile.open(Path.of("stories.tok"))) {
 *   Trainer trainer = Trainer.scratch(config, TrainOptions.DEFAULT);
 *   trainer.state(Path.of("stories.state")); // goes on where an earlier run ended
 *   trainer.run(tokens, progress -> true);
 *   trainer.write(Path.of("stories.tm2"));
 * }
 * }</pre>
 *
 * <p>The same options, tokens and beginning make the same weights, whatever the number of threads,
 * and whether or not the run was interrupted; on processors whose vectors have another width the
 * order of additions differs. Not safe for use by many threads.
 */
public final class Trainer {
  private final TrainOptions options;
  private final TrainedModel model;
  private final TrainState state;
  private final String beginning;
  private TrainedModel teacher;
  private String teacherName = "none";
  private Path saved;
  private TokenFile validation;

  private Trainer(TrainedModel model, TrainOptions options, String beginning) {
    this.model = model;
    this.options = options;
    this.beginning = beginning;
    state = new TrainState(model.weights());
    requireContext(model);
  }

  private void requireContext(TrainedModel model) {
    int context = model.layout().config().contextLength();
    if (options.length() > context) {
      throw new IllegalArgumentException(
          "texts of " + options.length() + " tokens do not fit a context of " + context);
    }
  }

  /**
   * Begins with a new model, whose classifier is its embedding.
   *
   * @param config its shape
   * @param options how it is trained; the seed decides its first weights
   * @return a trainer
   * @throws IllegalArgumentException if it has too many weights, or texts do not fit the context
   */
  public static Trainer scratch(ModelConfig config, TrainOptions options) {
    return new Trainer(TrainedModel.random(config, options.seed()), options, "new");
  }

  /**
   * Begins with a model that there is.
   *
   * @param path a llama2.c model of any weights, or a folder that holds exactly one model
   * @param options how it is trained
   * @return a trainer
   * @throws IllegalArgumentException if texts do not fit its context
   * @throws io.tmac.TmacException if it cannot be trained
   * @throws IOException if it cannot be read
   */
  public static Trainer from(Path path, TrainOptions options) throws IOException {
    TrainedModel model = TrainedModel.read(path);
    return new Trainer(model, options, path + " " + model.checksum());
  }

  /**
   * Names a model to learn from, besides the texts.
   *
   * @param path a model with the same vocabulary
   * @return this trainer
   * @throws IllegalArgumentException if its vocabulary has another size, or its context is too
   *     short
   * @throws io.tmac.TmacException as {@link #from}
   * @throws IOException if it cannot be read
   */
  public Trainer teacher(Path path) throws IOException {
    TrainedModel read = TrainedModel.read(path);
    int vocab = read.layout().config().vocabSize();
    if (vocab != config().vocabSize()) {
      throw new IllegalArgumentException(
          "the teacher " + path + " has " + vocab + " tokens, the model " + config().vocabSize());
    }
    requireContext(read);
    teacher = read;
    teacherName = path + " " + read.checksum();
    return this;
  }

  /**
   * Names a file for the state of the run. If it is there, {@link #run} goes on from it.
   *
   * @param path the file
   * @return this trainer
   */
  public Trainer state(Path path) {
    saved = Objects.requireNonNull(path, "path");
    return this;
  }

  /**
   * Sets tokens to evaluate on, which should not be among those to train on.
   *
   * @param tokens the tokens; not closed by the trainer
   * @return this trainer
   */
  public Trainer validation(TokenFile tokens) {
    requireVocabulary(tokens);
    validation = tokens;
    return this;
  }

  /**
   * The shape of the model.
   *
   * @return the shape
   */
  public ModelConfig config() {
    return model.layout().config();
  }

  /**
   * The number of weights.
   *
   * @return all of them, norms included
   */
  public int parameters() {
    return model.layout().size();
  }

  private void requireVocabulary(TokenFile tokens) {
    if (tokens.vocabSize() != config().vocabSize()) {
      throw new IllegalArgumentException(
          tokens.path()
              + " is of a vocabulary of "
              + tokens.vocabSize()
              + " tokens, the model has "
              + config().vocabSize());
    }
  }

  /**
   * Trains, until all steps are done or the listener says that it is enough.
   *
   * @param tokens what to train on
   * @param listener hears of each step
   * @return whether all steps have been done
   * @throws IllegalArgumentException if the tokens are of another vocabulary or too few, or if the
   *     state is that of another run
   * @throws io.tmac.ModelFormatException if the state is damaged
   * @throws io.tmac.TmacException if the loss is no number any more
   * @throws IOException if the state cannot be read or written
   * @throws java.io.InterruptedIOException if the calling thread was interrupted; what was done
   *     since the state was saved is lost, and the trainer is of no more use
   */
  public boolean run(TokenFile tokens, TrainProgress.Listener listener) throws IOException {
    Objects.requireNonNull(listener, "listener");
    requireVocabulary(tokens);
    if (validation != null) {
      Batches.requireText(validation, options.length());
    }
    Batches batches = new Batches(tokens, options.batch(), options.length(), options.seed());
    String run =
        TrainState.run(
            config(),
            model.layout().tied(),
            options,
            "begins with "
                + beginning
                + ", teacher "
                + teacherName
                + ", tokens "
                + tokens.checksum()
                + ", vectors of "
                + Species.LANES
                + " floats");
    if (saved != null && Files.exists(saved)) {
      state.load(saved, run, options.steps());
    }
    try (Workers workers = new Workers(Math.min(options.threads(), options.lanes()))) {
      return new TrainLoop(model, state, teacher, options, batches, validation, workers)
          .run(listener, () -> save(run));
    }
  }

  private void save(String run) throws IOException {
    if (saved != null) {
      state.save(saved, run);
    }
  }

  /**
   * Evaluates the model as the file will have it.
   *
   * @param tokens what to predict, cut into texts as long as those of training: the first 256 of
   *     them, in whole micro-batches
   * @return mean negative log-likelihood in nats
   * @throws IOException if the caller is interrupted
   */
  public double evaluate(TokenFile tokens) throws IOException {
    requireVocabulary(tokens);
    try (Workers workers = new Workers(Math.min(options.threads(), options.lanes()))) {
      return new TrainLoop(model, state, null, options, null, tokens, workers)
          .evaluate()
          .orElseThrow();
    }
  }

  /**
   * Writes the model as it is: llama2.c v0 if its weights are floats, else TernaryV2. The file
   * appears when it is complete.
   *
   * @param out the file; replaced if it is there
   * @throws IOException if it cannot be written
   */
  public void write(Path out) throws IOException {
    try (OutputFile file = OutputFile.create(out)) {
      model.write(file.channel(), options.weights());
      file.commit();
    }
  }

  /** The logits {@code [tokens x vocabSize]} of one text, as training computes them. */
  float[] logits(int[] tokens) throws IOException {
    try (Workers workers = new Workers(1)) {
      float[] weights = model.weights();
      if (options.weights() == WeightKind.TERNARY_V2) {
        weights = new float[weights.length];
        model.roundTo(weights, workers);
      }
      return new Network(model.layout(), 1, tokens.length).logits(weights, tokens);
    }
  }
}
