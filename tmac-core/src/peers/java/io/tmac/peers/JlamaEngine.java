package io.tmac.peers;

import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.KvBufferCache.KvBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Jlama, asked for the steps that its own {@code generate} takes, but with token ids: the prompt as
 * a batch, then token by token, each with its greedy sampler.
 */
final class JlamaEngine implements Engine {
  private final AbstractModel model;
  private final KvBufferCache cache;
  private final AbstractTensor logits;

  /** Loads a folder of {@link #quantize} as it is, any other one as float. */
  JlamaEngine(Path folder, Weights weights, int threads) {
    boolean quantized = weights != Weights.F32;
    model =
        ModelSupport.loadModel(
            folder.toFile(),
            null,
            DType.F32,
            quantized ? DType.I8 : DType.F32,
            quantized ? Optional.empty() : Optional.of(DType.F32),
            Optional.of(threads));
    cache = new KvBufferCache(model);
    logits = model.makeDenseTensor(1, model.getConfig().vocabularySize);
  }

  @Override
  public Pass run(int promptTokens, int newTokens) {
    long[] times = new long[newTokens + 1];
    int[] prompt = Engine.prompt(promptTokens);
    long start = System.nanoTime();
    try (KvBuffer context = cache.getEphemeralKvBuffer()) {
      int token;
      try (AbstractTensor all = model.batchForward(prompt, 0, context)) {
        token = choose(all.slice(all.shape().first() - 1));
      }
      times[0] = System.nanoTime();
      for (int i = 1; i < times.length; i++) {
        int position = promptTokens + i - 1;
        try (AbstractTensor last = model.forward(token, position, context, Optional.empty())) {
          token = choose(last);
        }
        times[i] = System.nanoTime();
      }
    }
    return Pass.of(start, times);
  }

  private int choose(AbstractTensor last) {
    return model.sample(last, 0, 0, logits);
  }

  /** Makes a model in Jlama's Q4 of a Hugging Face folder, unless it is there already. */
  static Path quantize(Path folder, Path work) throws IOException {
    Path target = work.resolve(folder.getFileName() + "-q4");
    if (Files.exists(target.resolve("model.safetensors"))) {
      return target;
    }
    // Jlama wants a README.md in the folder, to copy it.
    Path source = Files.createTempDirectory(work, "source");
    Files.createFile(source.resolve("README.md"));
    for (Path file : files(folder)) {
      if (!file.endsWith("README.md")) {
        Files.createSymbolicLink(source.resolve(file.getFileName()), file.toAbsolutePath());
      }
    }
    String[] none = {};
    return SafeTensorSupport.quantizeModel(source, DType.Q4, none, none, Optional.of(target));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
