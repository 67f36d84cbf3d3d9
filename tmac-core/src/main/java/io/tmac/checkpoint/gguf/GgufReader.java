package io.tmac.checkpoint.gguf;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.Checkpoint.MappedFile;
import io.tmac.checkpoint.Shape;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.format.BlockCodes.Range;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a checkpoint of a GGUF file: its tensors, checked against each other and the file, and what
 * they are for.
 */
public final class GgufReader {
  private static final String EMBEDDING = GgufNames.EMBEDDING;
  private static final String ROPE_FREQS = "rope_freqs.weight";

  private final GgufFile file;
  private final Map<String, Matrix> tensors = new LinkedHashMap<>();
  private final Map<String, Long> entryOffsets = new HashMap<>();
  private final Map<String, Matrix> roles = new LinkedHashMap<>();

  private GgufReader(GgufFile file) {
    this.file = file;
  }

  /**
   * Reads the head of a file. Tensor data is not touched.
   *
   * @param source the file's name, for messages
   * @param bytes the file's bytes; the checkpoint's tensors are views of them
   * @return the checkpoint
   * @throws ModelFormatException if the file is damaged
   * @throws UnsupportedModelException if it is of a version, a tensor type or an architecture that
   *     this library does not run
   */
  public static Checkpoint read(String source, MemorySegment bytes) {
    return new GgufReader(GgufFile.read(source, bytes)).read();
  }

  private Checkpoint read() {
    GgufMetadata metadata = file.metadata();
    GgufArchitecture architecture = GgufArchitecture.of(file);
    refuseParts(metadata);
    file.tensors().forEach(this::view);
    refuseOverlaps();
    Matrix embedding = tensors.get(EMBEDDING);
    if (embedding == null) {
      throw missing(EMBEDDING);
    }
    requireTokens(metadata, embedding.rows());
    ModelConfig config =
        architecture.config(file, embedding.rows(), Optional.ofNullable(tensors.get(ROPE_FREQS)));
    tensors.forEach((name, matrix) -> assign(name, matrix, config, architecture));
    requireRoles(config, architecture);
    boolean rounds = config.int8Inputs() && anyTernary(roles);
    return new Checkpoint(
        file.source(),
        "GGUF",
        architecture.id(),
        mainFormat(),
        config.withInt8Inputs(rounds),
        tensors,
        roles,
        Map.of(),
        Optional.of(new TokenizerSource.Gguf(metadata)),
        List.of(new MappedFile(file.source(), file.file())));
  }

  private void refuseParts(GgufMetadata metadata) {
    long parts = metadata.integer("split.count").orElse(1);
    if (parts > 1) {
      throw new UnsupportedModelException(
          file.source(),
          metadata.offset("split.count"),
          "a model in one file; join the parts with llama-gguf-split --merge",
          "one of " + parts + " parts");
    }
  }

  /** Adds a tensor as a view of the file. */
  private void view(GgufTensor tensor) {
    GgufType type = GgufType.of(tensor.type()).orElseThrow(() -> unsupportedType(tensor));
    long rows = tensor.rows();
    long cols = tensor.cols();
    boolean flat = tensor.dimensions().stream().skip(2).allMatch(d -> d == 1);
    if (!flat || rows > Integer.MAX_VALUE || cols > Integer.MAX_VALUE) {
      throw new UnsupportedModelException(
          file.source(),
          tensor.entryOffset(),
          tensor.name() + " to have two dimensions, each below 2^31",
          "dimensions " + tensor.dimensions());
    }
    if (!type.fits(rows, cols)) {
      throw new ModelFormatException(
          file.source(),
          tensor.entryOffset(),
          tensor.name() + " to consist of whole blocks of " + type,
          rows + " rows of " + cols + " columns");
    }
    MemorySegment data = data(tensor, type.format().byteSize(rows, (int) cols));
    tensors.put(
        tensor.name(), new Matrix(tensor.name(), (int) rows, (int) cols, type.format(), data, 0));
    entryOffsets.put(tensor.name(), tensor.entryOffset());
  }

  private UnsupportedModelException unsupportedType(GgufTensor tensor) {
    return new UnsupportedModelException(
        file.source(),
        tensor.entryOffset(),
        tensor.name() + " of a supported type: " + GgufType.supported(),
        GgufType.describe(tensor.type()));
  }

  private MemorySegment data(GgufTensor tensor, long bytes) {
    // Both are far below 2^63: the offset is inside the file, and so was the head.
    long start = file.dataOffset() + tensor.offset();
    long left = file.file().byteSize() - start;
    if (bytes > left) {
      throw new ModelFormatException(
          file.source(),
          Math.min(start, file.file().byteSize()),
          bytes + " bytes of " + tensor.name(),
          Math.max(0, left) + " bytes before the end of the file; it is cut short or damaged");
    }
    return file.file().asSlice(start, bytes);
  }

  private void refuseOverlaps() {
    List<GgufTensor> sorted =
        file.tensors().stream().sorted(Comparator.comparingLong(GgufTensor::offset)).toList();
    for (int i = 1; i < sorted.size(); i++) {
      GgufTensor before = sorted.get(i - 1);
      GgufTensor tensor = sorted.get(i);
      if (before.offset() + tensors.get(before.name()).data().byteSize() > tensor.offset()) {
        throw new ModelFormatException(
            file.source(),
            tensor.entryOffset(),
            tensor.name() + " to begin behind " + before.name(),
            "offset " + tensor.offset() + ", where they overlap");
      }
    }
  }

  /** A model brings its vocabulary: one token for each row of the embedding. */
  private void requireTokens(GgufMetadata metadata, int rows) {
    String key = "tokenizer.ggml.tokens";
    long tokens = metadata.stringCount(key);
    if (tokens != rows) {
      throw metadata.fault(key, rows + " tokens, as many as the embedding has rows", tokens);
    }
  }

  /** Finds out what a tensor is for. Nothing is passed over: that would change the results. */
  private void assign(
      String name, Matrix matrix, ModelConfig config, GgufArchitecture architecture) {
    if (name.equals(ROPE_FREQS)) {
      return;
    }
    String role = role(name, config, architecture);
    Shape expected = Shape.of(config, role);
    Shape found = new Shape(matrix.rows(), matrix.cols());
    if (!found.equals(expected)) {
      throw new ModelFormatException(
          file.source(),
          entryOffsets.get(name),
          name + " of " + expected + " (rows x columns), as the metadata says",
          found.toString());
    }
    roles.put(role, matrix);
  }

  private String role(String name, ModelConfig config, GgufArchitecture architecture) {
    String role = GgufNames.ROLES.get(name);
    String[] parts = name.split("\\.", 3);
    if (parts.length == 3 && parts[0].equals("blk") && parts[1].matches("0|[1-9][0-9]{0,8}")) {
      String ofLayer = GgufNames.LAYER_ROLES.get(parts[2]);
      if (Integer.parseInt(parts[1]) < config.layers() && architecture.has(ofLayer)) {
        role = "layers." + parts[1] + "." + ofLayer;
      }
    }
    if (role == null) {
      throw new UnsupportedModelException(
          file.source(),
          entryOffsets.get(name),
          "tensors that a model of architecture "
              + architecture.id()
              + " with "
              + config.layers()
              + " layers has",
          name);
    }
    return role;
  }

  private void requireRoles(ModelConfig config, GgufArchitecture architecture) {
    GgufNames.ROLES.forEach((name, role) -> require(name, role, role.equals(Checkpoint.OUTPUT)));
    for (int layer = 0; layer < config.layers(); layer++) {
      for (Map.Entry<String, String> entry : GgufNames.LAYER_ROLES.entrySet()) {
        String role = entry.getValue();
        require(
            "blk." + layer + "." + entry.getKey(),
            "layers." + layer + "." + role,
            !architecture.requires(role));
      }
    }
  }

  private void require(String name, String role, boolean optional) {
    if (!optional && !roles.containsKey(role)) {
      throw missing(name);
    }
  }

  private ModelFormatException missing(String name) {
    return new ModelFormatException(
        file.source(),
        Math.min(file.dataOffset(), file.file().byteSize()),
        "a tensor " + name,
        "none among " + tensors.size() + " tensors");
  }

  /** BitNet rounds the inputs of packed matrices; with floats for all of them it has none. */
  static boolean anyTernary(Map<String, Matrix> roles) {
    return roles.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("layers."))
        .map(Map.Entry::getValue)
        .flatMap(matrix -> matrix.format().codes(matrix.cols()).stream())
        .anyMatch(codes -> codes.range() == Range.TERNARY);
  }

  /** The format that most bytes of the layers' matrices have. */
  private WeightFormat mainFormat() {
    Map<WeightFormat, Long> bytes = new HashMap<>();
    roles.forEach((role, matrix) -> {
      if (role.startsWith("layers.") && matrix.rows() > 1) {
        bytes.merge(matrix.format(), matrix.bytes(), Long::sum);
      }
    });
    return bytes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
  }
}
