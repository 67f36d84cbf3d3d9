package io.tmac.gateway.engine;

import io.tmac.ChatTemplate;
import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Describes models of this process. */
final class Cards {
  private static final int SAMPLES = 64;
  private static final int SAMPLE_BYTES = 1 << 16;

  private Cards() {}

  /** What there is to say while a model is loaded. */
  static ModelCard loading(Instant since) {
    return new ModelCard(since, 0, "", "", "", 0, "", 0, Optional.empty(), Map.of());
  }

  /** Describes a model that was not loaded from a path that is known. */
  static ModelCard of(Model model, Instant since) {
    byte[] shape = model.info().toString().getBytes(StandardCharsets.UTF_8);
    return of(model, since, HexFormat.of().formatHex(sha256().digest(shape)));
  }

  /** Describes the model at a path. */
  static ModelCard of(Model model, Path path) throws IOException {
    return of(model, Files.getLastModifiedTime(path).toInstant(), digest(path));
  }

  private static ModelCard of(Model model, Instant modified, String digest) {
    ModelInfo info = model.info();
    ModelConfig config = info.config();
    String family = config.int8Inputs() ? "bitnet" : "llama";
    long parameters = parameters(config);
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("general.architecture", family);
    more.put("general.parameter_count", parameters);
    more.put(family + ".context_length", info.contextLength());
    more.put(family + ".embedding_length", config.dim());
    more.put(family + ".feed_forward_length", config.hiddenDim());
    more.put(family + ".block_count", config.layers());
    more.put(family + ".attention.head_count", config.heads());
    more.put(family + ".attention.head_count_kv", config.kvHeads());
    more.put(family + ".vocab_size", config.vocabSize());
    more.put("tmac.kernels", info.kernels());
    more.put("tmac.vector_bits", info.vectorBits());
    more.put("tmac.threads", info.threads());
    return new ModelCard(
        modified,
        info.fileBytes(),
        "sha256:" + digest,
        info.container(),
        family,
        parameters,
        info.format(),
        info.contextLength(),
        model.chatTemplate().map(ChatTemplate::source),
        more);
  }

  /** Weights of the llama family; an embedding that is also the classifier counts once. */
  private static long parameters(ModelConfig config) {
    long dim = config.dim();
    long attention = 2 * dim * config.heads() * config.headDim();
    long keysAndValues = 2 * dim * config.kvHeads() * config.headDim();
    long feedForward = 3 * dim * config.hiddenDim();
    long layer = attention + keysAndValues + feedForward + 2 * dim;
    return config.vocabSize() * dim + config.layers() * layer + dim;
  }

  /**
   * A digest of the sizes of the files and of parts that are spread evenly over them: it tells
   * models from each other without reading gigabytes.
   */
  private static String digest(Path path) throws IOException {
    MessageDigest digest = sha256();
    List<Path> files = List.of(path);
    if (Files.isDirectory(path)) {
      try (Stream<Path> inside = Files.list(path)) {
        files = inside.filter(Files::isRegularFile).sorted().toList();
      }
    }
    for (Path file : files) {
      sample(file, digest);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void sample(Path file, MessageDigest digest) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      long size = channel.size();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(size).flip());
      ByteBuffer buffer = ByteBuffer.allocate(SAMPLE_BYTES);
      long step = Math.max(SAMPLE_BYTES, size / SAMPLES);
      for (long at = 0; at < size; at += step) {
        channel.position(at);
        buffer.clear();
        while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
          // More of the sample has come.
        }
        digest.update(buffer.flip());
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }
}
