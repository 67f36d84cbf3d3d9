package io.tmac.checkpoint.hf;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.Checkpoint.MappedFile;
import io.tmac.checkpoint.ModelFiles;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.checkpoint.hf.Safetensors.Dtype;
import io.tmac.checkpoint.hf.Safetensors.Tensor;
import io.tmac.format.Matrix;
import io.tmac.format.PackedTernary;
import io.tmac.format.WeightFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads a model from the folder that Hugging Face's transformers library writes.
 *
 * <pre>
 *   config.json               what kind of model, and its shape
 *   model.safetensors         the weights; or, for large models,
 *   model.safetensors.index.json   {"weight_map": {tensor: file}}, and those files
 *   generation_config.json    optional: the tokens that end a text
 *   tokenizer.json ...        optional: handed on as {@link TokenizerSource.Folder}
 * </pre>
 */
public final class HfFolder {
  private static final String CONFIG = "config.json";
  private static final String GENERATION = "generation_config.json";
  private static final String MODEL = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Path folder;
  private final Arena arena;
  private final Map<String, Tensor> stored = new LinkedHashMap<>();
  private final List<MappedFile> files = new ArrayList<>();

  private HfFolder(Path folder, Arena arena) {
    this.folder = folder;
    this.arena = arena;
  }

  /** Whether a folder holds {@code config.json} and safetensors. */
  public static boolean holdsModel(Path folder) {
    return hasConfig(folder)
        && (Files.exists(folder.resolve(MODEL)) || Files.exists(folder.resolve(INDEX)));
  }

  /** Whether a folder holds {@code config.json}. */
  public static boolean hasConfig(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG));
  }

  /**
   * Reads the headers of the files of a folder. Tensor data is not touched.
   *
   * @param folder the folder
   * @param arena owner of the mappings
   * @return the checkpoint
   * @throws ModelFormatException if a file is missing, damaged, or does not fit the others
   * @throws UnsupportedModelException if it is a model of a kind that this library does not run
   * @throws IOException if a file cannot be read
   */
  public static Checkpoint read(Path folder, Arena arena) throws IOException {
    return new HfFolder(folder, arena).read();
  }

  private Checkpoint read() throws IOException {
    JsonObject json = JsonDocument.read(folder.resolve(CONFIG));
    HfConfig config = HfConfig.of(json);
    if (Files.exists(folder.resolve(INDEX)) && !Files.exists(folder.resolve(MODEL))) {
      readShards();
    } else {
      stored.putAll(map(MODEL));
    }
    HfTensors tensors = new HfTensors(folder.toString(), config, matrices(config));
    Map<String, Matrix> roles = tensors.roles(json);
    return new Checkpoint(
        folder.toString(),
        "safetensors",
        config.family().type,
        tensors.format(),
        config.model(),
        tensors.all(),
        roles,
        Map.of(),
        Optional.of(tokenizer(json, config.model())),
        files);
  }

  private Map<String, Tensor> map(String name) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new ModelFormatException(
          folder.toString(), 0, "the file " + name, "none; download it into this folder");
    }
    MemorySegment bytes = ModelFiles.map(file, arena);
    files.add(new MappedFile(file.toString(), bytes));
    return Safetensors.read(file.toString(), bytes);
  }

  private void readShards() throws IOException {
    JsonObject index = JsonDocument.read(folder.resolve(INDEX));
    JsonObject map =
        index
            .object("weight_map")
            .orElseThrow(() -> index.fault("weight_map", "an object", "nothing"));
    if (map.names().isEmpty()) {
      throw index.fault("weight_map", "the files of all tensors", "nothing");
    }
    Map<String, Map<String, Tensor>> shards = new LinkedHashMap<>();
    for (String tensor : map.names()) {
      String file =
          map.string(tensor).orElseThrow(() -> map.fault(tensor, "a file name", "nothing"));
      if (!isPlainName(file)) {
        throw map.fault(tensor, "the name of a file in this folder", JsonObject.shown(file));
      }
      if (!shards.containsKey(file)) {
        shards.put(file, map(file));
      }
      Tensor found = shards.get(file).get(tensor);
      if (found == null) {
        throw map.fault(tensor, "a tensor in " + file, "none of this name there");
      }
      stored.put(tensor, found);
    }
  }

  /** Whether a name cannot lead out of the folder, on any system. */
  private static boolean isPlainName(String name) {
    return name.endsWith(".safetensors")
        && name.chars().allMatch(c -> c > ' ' && c < 0x7f && "/\\:*?\"<>|".indexOf(c) < 0);
  }

  /** All tensors that hold floats or packed weights. */
  private Map<String, Matrix> matrices(HfConfig config) {
    Map<String, Matrix> matrices = new LinkedHashMap<>();
    for (Tensor tensor : stored.values()) {
      if (tensor.isMatrix()) {
        format(tensor, config)
            .ifPresent(format -> matrices.put(tensor.name(), matrix(tensor, format)));
      }
    }
    return matrices;
  }

  private static Matrix matrix(Tensor tensor, WeightFormat format) {
    long rows = format instanceof PackedTernary ? 4 * tensor.rows() : tensor.rows();
    if (rows > Integer.MAX_VALUE) {
      throw tensor.fault("less than 2^31 rows high", rows + " rows");
    }
    return new Matrix(tensor.name(), (int) rows, (int) tensor.cols(), format, tensor.data(), 0);
  }

  private Optional<WeightFormat> format(Tensor tensor, HfConfig config) {
    boolean packed =
        tensor.dtype() == Dtype.U8
            && tensor.name().endsWith(HfTensors.WEIGHT)
            && config.packing().isPresent();
    if (!packed) {
      return tensor.dtype().format();
    }
    Tensor scale = stored.get(tensor.name() + "_scale");
    if (scale == null || scale.rows() != 1 || scale.cols() != 1) {
      throw tensor.fault("beside " + tensor.name() + "_scale, one number", "none");
    }
    WeightFormat format =
        scale
            .dtype()
            .format()
            .orElseThrow(() -> scale.fault("F32, F16 or BF16", scale.dtype().name()));
    float[] value = new float[1];
    matrix(scale, format).decodeRow(0, value);
    float factor = config.packing().orElseThrow().factor(value[0]);
    if (!Float.isFinite(factor)) {
      throw scale.fault("a scale that is finite and, as a divisor, not 0", "" + value[0]);
    }
    return Optional.of(new PackedTernary(factor));
  }

  private TokenizerSource tokenizer(JsonObject json, ModelConfig config) throws IOException {
    Path path = folder.resolve(GENERATION);
    Optional<JsonObject> generation =
        Files.isRegularFile(path) ? Optional.of(JsonDocument.read(path)) : Optional.empty();
    JsonObject eos = generation.filter(g -> g.has("eos_token_id")).orElse(json);
    JsonObject bos = generation.filter(g -> g.has("bos_token_id")).orElse(json);
    List<Integer> eosIds = tokens(eos, "eos_token_id", config.vocabSize());
    List<Integer> bosIds = tokens(bos, "bos_token_id", config.vocabSize());
    OptionalInt bosId = bosIds.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bosIds.getFirst());
    return new TokenizerSource.Folder(folder, bosId, eosIds);
  }

  private static List<Integer> tokens(JsonObject json, String name, int vocabSize) {
    List<Integer> tokens = new ArrayList<>();
    for (long token : json.oneOrMore(name)) {
      if (token >= 0 && token < vocabSize) { // Others cannot come up.
        tokens.add((int) token);
      }
    }
    return tokens;
  }
}
