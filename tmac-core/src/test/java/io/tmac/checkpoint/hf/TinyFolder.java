package io.tmac.checkpoint.hf;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the folder of a model with one layer, and of what a test changes in it. */
final class TinyFolder {
  static final int DIM = 8;
  static final int HIDDEN = 12;
  static final int VOCAB = 10;

  /** The members of config.json, as JSON. */
  final Map<String, String> config = new LinkedHashMap<>();

  /** A tensor: its type, its shape as JSON, and its bytes. */
  record Stored(String dtype, String shape, byte[] data) {}

  final Map<String, Stored> tensors = new LinkedHashMap<>();
  private final Path path;

  TinyFolder(Path path, String type) {
    this.path = path;
    config.put("model_type", '"' + type + '"');
    config.put("hidden_size", "8");
    config.put("intermediate_size", "12");
    config.put("num_hidden_layers", "1");
    config.put("num_attention_heads", "2");
    config.put("vocab_size", "10");
    config.put("tie_word_embeddings", "true");
    floats("model.embed_tokens.weight", VOCAB, DIM);
    floats("model.norm.weight", DIM);
    floats("model.layers.0.input_layernorm.weight", DIM);
    floats("model.layers.0.post_attention_layernorm.weight", DIM);
    for (String projection : new String[] {"q", "k", "v", "o"}) {
      floats("model.layers.0.self_attn." + projection + "_proj.weight", DIM, DIM);
    }
    floats("model.layers.0.mlp.gate_proj.weight", HIDDEN, DIM);
    floats("model.layers.0.mlp.up_proj.weight", HIDDEN, DIM);
    floats("model.layers.0.mlp.down_proj.weight", DIM, HIDDEN);
  }

  /** A matrix or vector of ones. */
  void floats(String name, int... shape) {
    int count = 1;
    StringBuilder json = new StringBuilder("[");
    for (int dimension : shape) {
      count *= dimension;
      json.append(json.length() > 1 ? "," : "").append(dimension);
    }
    ByteBuffer data = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putFloat(1);
    }
    tensors.put(name, new Stored("F32", json + "]", data.array()));
  }

  /** Replaces the matrices of the layer by packed ones. */
  void pack(float scale) {
    for (String name : tensors.keySet().toArray(String[]::new)) {
      if (name.endsWith("_proj.weight")) {
        boolean down = name.contains("down");
        boolean wide = name.contains("gate") || name.contains("up_");
        int cols = down ? HIDDEN : DIM;
        int rows = (wide ? HIDDEN : DIM) / 4;
        byte[] codes = new byte[rows * cols];
        Arrays.fill(codes, (byte) 0b01_10_00_10);
        tensors.put(name, new Stored("U8", "[" + rows + "," + cols + "]", codes));
        floats(name + "_scale", 1);
        ByteBuffer data = ByteBuffer.wrap(tensors.get(name + "_scale").data());
        data.order(ByteOrder.LITTLE_ENDIAN).putFloat(0, scale);
      }
    }
  }

  /** The bytes of model.safetensors. */
  byte[] weights() {
    StringBuilder header = new StringBuilder("{");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    tensors.forEach((name, tensor) -> {
      header.append(header.length() > 1 ? "," : "");
      header.append(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  name, tensor.dtype, tensor.shape, data.size(), data.size() + tensor.data.length));
      data.writeBytes(tensor.data);
    });
    byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    return file.putLong(json.length).put(json).put(data.toByteArray()).array();
  }

  String configJson() {
    StringBuilder json = new StringBuilder("{");
    config.forEach((name, value) ->
        json.append(json.length() > 1 ? "," : "")
            .append('"')
            .append(name)
            .append("\":")
            .append(value));
    return json.append("}").toString();
  }

  Path write() throws IOException {
    Files.writeString(path.resolve("config.json"), configJson());
    Files.write(path.resolve("model.safetensors"), weights());
    return path;
  }

  /** Writes the folder and reads it. */
  Checkpoint read() throws IOException {
    return CheckpointReader.open(write(), Arena.ofAuto());
  }
}
