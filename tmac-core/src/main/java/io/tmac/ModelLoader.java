package io.tmac;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.checkpoint.RandomCheckpoint;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.Cores;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Kernels;
import io.tmac.kernel.WorkerPool;
import io.tmac.model.Transformer;
import io.tmac.model.Weights;
import io.tmac.tokenizer.Tokenizer;
import io.tmac.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns a file, or random weights, into a model that runs. */
@SuppressWarnings("MustBeClosedChecker") // The arena lives as long as the model, which closes it.
final class ModelLoader {
  private static final Logger LOG = LoggerFactory.getLogger(Model.class);

  private ModelLoader() {}

  static LoadedModel load(Path path, ModelOptions options) throws IOException {
    Path file = ModelFiles.resolve(path);
    Arena arena = Arena.ofShared();
    // Weights are copied out of a mapping that ends here, so that its pages leave memory. What is
    // read in place, and the rows of the embedding, come from a second one.
    try (Arena loading = Arena.ofShared()) {
      Checkpoint copied = CheckpointReader.open(file, loading);
      Checkpoint kept = CheckpointReader.open(file, arena);
      Optional<Tokenizer> tokenizer = tokenizer(file, copied.config(), options);
      return assemble(copied, kept, tokenizer, options, arena);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  static LoadedModel load(InputStream in, String name, ModelOptions options) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment bytes = ModelFiles.copy(in, arena);
      Checkpoint checkpoint = CheckpointReader.read(name, bytes);
      Optional<Tokenizer> tokenizer = tokenizer(null, checkpoint.config(), options);
      return assemble(checkpoint, checkpoint, tokenizer, options, arena);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  static LoadedModel random(
      ModelConfig config, WeightFormat format, WeightFormat head, ModelOptions options)
      throws IOException {
    Arena arena = Arena.ofShared();
    try (Arena loading = Arena.ofShared()) {
      Optional<Tokenizer> tokenizer = tokenizer(null, config, options);
      KernelProvider kernels = Kernels.provider();
      Activations activations = options.activations();
      Checkpoint checkpoint =
          RandomCheckpoint.of(
              config,
              format,
              head,
              matrix -> kernels.readsFile(matrix, activations),
              arena,
              loading);
      return assemble(checkpoint, checkpoint, tokenizer, options, arena);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static LoadedModel assemble(
      Checkpoint copied,
      Checkpoint kept,
      Optional<Tokenizer> tokenizer,
      ModelOptions options,
      Arena arena) {
    ModelConfig config = copied.config();
    int contextLength = contextLength(config, options);
    Activations activations = options.activations();
    KernelProvider kernels = Kernels.provider();
    copied.verify();
    WorkerPool pool = new WorkerPool(options.threads() > 0 ? options.threads() : Cores.usable());
    try {
      Weights weights = Weights.of(copied, kept, kernels, activations, arena, pool);
      ModelInfo info =
          new ModelInfo(
              copied.source(),
              config,
              copied.container(),
              copied.format().id(),
              copied.fileBytes(),
              weights.bytes(),
              kernels.name(),
              kernels.vectorBits(),
              activations,
              options.kvCache(),
              pool.threads(),
              contextLength);
      LOG.info(
          "Loaded {}: {}, {} kernels of {} bits, {} activations, {} threads",
          info.source(),
          info.container(),
          info.kernels(),
          info.vectorBits(),
          info.activations(),
          info.threads());
      return new LoadedModel(info, new Transformer(weights, kernels, pool), tokenizer, pool, arena);
    } catch (RuntimeException | Error e) {
      pool.close();
      throw e;
    }
  }

  private static int contextLength(ModelConfig config, ModelOptions options) {
    if (options.contextLength() > config.contextLength()) {
      throw new IllegalArgumentException(
          "contextLength "
              + options.contextLength()
              + " is more than the "
              + config.contextLength()
              + " tokens that the model was made for");
    }
    return options.contextLength() > 0 ? options.contextLength() : config.contextLength();
  }

  private static Optional<Tokenizer> tokenizer(Path model, ModelConfig config, ModelOptions options)
      throws IOException {
    if (options.tokenizer().isPresent()) {
      int size = options.tokenizer().get().vocabSize();
      if (size > config.vocabSize()) {
        throw new IllegalArgumentException(
            "the tokenizer has "
                + size
                + " tokens, the model "
                + config.vocabSize()
                + ": they do not belong together");
      }
      return options.tokenizer();
    }
    Optional<Path> file = options.tokenizerPath();
    if (options.findsTokenizer() && model != null) {
      file = TokenizerFiles.find(model, config.vocabSize());
    }
    return file.isEmpty()
        ? Optional.empty()
        : Optional.of(Tokenizer.load(file.get(), config.vocabSize()));
  }
}
