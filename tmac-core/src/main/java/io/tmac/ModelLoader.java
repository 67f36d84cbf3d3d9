package io.tmac;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.Checkpoint.MappedFile;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.checkpoint.RandomCheckpoint;
import io.tmac.format.F32;
import io.tmac.format.HalfFloat;
import io.tmac.format.WeightFormat;
import io.tmac.kernel.Cores;
import io.tmac.kernel.KernelProvider;
import io.tmac.kernel.Kernels;
import io.tmac.kernel.WorkerPool;
import io.tmac.model.ModelTokenizer;
import io.tmac.model.Transformer;
import io.tmac.model.Weights;
import io.tmac.tokenizer.Tokenizer;
import io.tmac.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
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
      Optional<Tokenizer> tokenizer = tokenizer(file, copied, options);
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
      Optional<Tokenizer> tokenizer = tokenizer(null, checkpoint, options);
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
      Optional<Tokenizer> tokenizer = namedTokenizer(config, options);
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
      Arena arena)
      throws IOException {
    ModelConfig config = copied.config();
    int contextLength = contextLength(config, options);
    Activations activations = options.activations();
    KernelProvider kernels = Kernels.provider();
    copied.verify();
    Optional<ChatTemplate> chatTemplate =
        ChatTemplates.find(options, copied.tokenizer(), tokenizer);
    WorkerPool pool = new WorkerPool(options.threads() > 0 ? options.threads() : Cores.usable());
    try {
      Weights weights =
          Weights.of(copied, kept, kernels, activations, options.quantization(), arena, pool);
      // Headers and single numbers were read from it, and pages around them came along.
      kept.files().stream()
          .map(MappedFile::bytes)
          .filter(MemorySegment::isMapped)
          .forEach(MemorySegment::unload);
      WeightFormat format = format(copied, options);
      ModelInfo info =
          new ModelInfo(
              copied.source(),
              config,
              copied.container(),
              format.id(),
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
      Transformer transformer = new Transformer(weights, kernels, pool);
      return new LoadedModel(info, transformer, tokenizer, chatTemplate, pool, arena);
    } catch (RuntimeException | Error e) {
      pool.close();
      throw e;
    }
  }

  /** What the matrices of the layers have been brought to. */
  private static WeightFormat format(Checkpoint checkpoint, ModelOptions options) {
    boolean floats = checkpoint.format() instanceof F32 || checkpoint.format() instanceof HalfFloat;
    return floats ? options.quantization().orElse(checkpoint.format()) : checkpoint.format();
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

  /** The tokenizer that is named, else the model's own, else the one that lies beside it. */
  private static Optional<Tokenizer> tokenizer(
      Path model, Checkpoint checkpoint, ModelOptions options) throws IOException {
    if (!options.findsTokenizer()) {
      return namedTokenizer(checkpoint.config(), options);
    }
    Optional<Tokenizer> own = ModelTokenizer.of(checkpoint);
    if (own.isPresent() || model == null || Files.isDirectory(model)) {
      return own;
    }
    int vocabSize = checkpoint.config().vocabSize();
    Optional<Path> file = TokenizerFiles.find(model, vocabSize);
    return file.isEmpty() ? Optional.empty() : Optional.of(Tokenizer.load(file.get(), vocabSize));
  }

  private static Optional<Tokenizer> namedTokenizer(ModelConfig config, ModelOptions options)
      throws IOException {
    if (options.tokenizerPath().isPresent()) {
      return Optional.of(Tokenizer.load(options.tokenizerPath().get(), config.vocabSize()));
    }
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
    }
    return options.tokenizer();
  }
}
