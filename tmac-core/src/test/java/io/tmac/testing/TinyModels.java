package io.tmac.testing;

import io.tmac.testing.Encoding.Encoded;
import io.tmac.testing.LlamaShape.Kind;
import io.tmac.testing.LlamaShape.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Small models with random weights in every container. They say nothing sensible, but every number
 * in them is known. The writer shares no code with the readers.
 */
public final class TinyModels {

  /** The kinds of model files. */
  public enum Container {
    V0,
    V1,
    V2,
    Q4V1,
    Q8V1,
    TMAC,
    TM2
  }

  /**
   * A model file.
   *
   * @param shape its header
   * @param bytes the file
   * @param tensors the values of each matrix and norm, by their names in a checkpoint
   * @param ropeTables the values of the RoPE tables, by their names in a checkpoint
   */
  public record TinyModel(
      LlamaShape shape,
      byte[] bytes,
      Map<String, float[]> tensors,
      Map<String, float[]> ropeTables) {

    /** The file in native memory, like a mapped one. */
    public MemorySegment segment() {
      MemorySegment segment = Arena.ofAuto().allocate(bytes.length);
      return segment.copyFrom(MemorySegment.ofArray(bytes)).asReadOnly();
    }

    /** Writes the file and returns its path. */
    public Path write(Path path) throws IOException {
      return Files.write(path, bytes);
    }
  }

  private TinyModels() {}

  /** A model. The same arguments give the same bytes; V0 and V1 have the same weights. */
  public static TinyModel of(Container container, LlamaShape shape, long seed) {
    Writer writer = new Writer(shape, seed);
    switch (container) {
      case V0 -> writer.tensorMajor("", false, Framing.PLAIN, Encoding::float32);
      case V1 -> writer.versioned(1, 0, Encoding::float32);
      case V2 -> writer.versioned(2, groupSize(shape), Encoding.int8(groupSize(shape)));
      case Q4V1 -> writer.tensorMajor("Q4V1", true, Framing.FLAGS, Encoding::q4v1);
      case Q8V1 -> writer.tensorMajor("Q8V1", true, Framing.FLAGS, Encoding::q8v1);
      case TMAC -> writer.tensorMajor("TMAC", false, Framing.PLAIN, Encoding::tmac);
      case TM2 -> writer.tensorMajor("TM2\0", false, Framing.FLAGS_AND_SHAPES, Encoding::tm2);
    }
    return writer.model();
  }

  /** A model of a plug-in format: its magic, then llama2.c v0 with matrices of that encoding. */
  public static TinyModel of(String magic, Encoding encoding, LlamaShape shape, long seed) {
    Writer writer = new Writer(shape, seed);
    writer.tensorMajor(magic, false, Framing.PLAIN, encoding);
    return writer.model();
  }

  /** The group size of llama2.c's exporter: 64, halved until it divides dim. */
  public static int groupSize(LlamaShape shape) {
    int size = 64;
    while (shape.dim() % size != 0) {
      size /= 2;
    }
    return size;
  }

  private enum Framing {
    PLAIN,
    FLAGS,
    FLAGS_AND_SHAPES
  }

  private static final class Writer {
    private final LlamaShape shape;
    private final long seed;
    private final FileBytes out = new FileBytes();
    private final Map<String, float[]> tensors = new HashMap<>();
    private final Map<String, float[]> ropeTables = new HashMap<>();

    Writer(LlamaShape shape, long seed) {
      this.shape = shape;
      this.seed = seed;
    }

    TinyModel model() {
      return new TinyModel(shape, out.toByteArray(), Map.copyOf(tensors), Map.copyOf(ropeTables));
    }

    /** llama2.c v0 and its descendants: each tensor holds all layers. */
    void tensorMajor(String magic, boolean blockSize, Framing framing, Encoding encoding) {
      out.text(magic);
      header(shape.sharedClassifier() ? shape.vocabSize() : -shape.vocabSize());
      if (blockSize) {
        out.int32(32);
      }
      for (Tensor tensor : shape.tensors()) {
        boolean matrix = tensor.kind() == Kind.MATRIX;
        if (framing != Framing.PLAIN) {
          out.write(matrix ? 1 : 0);
        }
        if (framing == Framing.FLAGS_AND_SHAPES && matrix) {
          out.int32s(tensor.layers() * tensor.rows(), tensor.cols());
        }
        switch (tensor.kind()) {
          case MATRIX -> {
            int rows = tensor.layers() * tensor.rows();
            put(tensor, encoding.encode(rows, tensor.cols(), random(tensor)));
          }
          case NORM -> norm(tensor);
          case ROPE_TABLE -> ropeTable(tensor);
        }
      }
    }

    /** llama2.c v1 and v2: 256 bytes of header, norms first, each matrix for itself. */
    void versioned(int version, int groupSize, Encoding encoding) {
      out.text("24ka").int32(version);
      header(shape.vocabSize());
      out.write(shape.sharedClassifier() ? 1 : 0);
      out.int32(groupSize);
      out.writeBytes(new byte[256 - out.size()]);
      for (String name : List.of("attention_norm", "ffn_norm", "norm")) {
        norm(shape.tensor(name));
      }
      for (Tensor tensor : shape.tensors()) {
        if (tensor.kind() == Kind.MATRIX) {
          Random random = random(tensor);
          for (String name : tensor.names()) {
            Encoded encoded = encoding.encode(tensor.rows(), tensor.cols(), random);
            out.writeBytes(encoded.bytes());
            tensors.put(name, encoded.values());
          }
        }
      }
    }

    private void header(int vocabSize) {
      out.int32s(
          shape.dim(),
          shape.hiddenDim(),
          shape.layers(),
          shape.heads(),
          shape.kvHeads(),
          vocabSize,
          shape.contextLength());
    }

    /** Scales between 0.5 and 1.5. */
    private void norm(Tensor tensor) {
      Random random = random(tensor);
      float[] values = new float[tensor.elements()];
      FileBytes bytes = new FileBytes();
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.5f + random.nextFloat();
        bytes.float32(values[i]);
      }
      put(tensor, new Encoded(bytes.toByteArray(), values));
    }

    private void ropeTable(Tensor tensor) {
      boolean cosines = tensor.name().equals("rope_cosines");
      float[] values = new float[tensor.elements()];
      for (int i = 0; i < values.length; i++) {
        int position = i / tensor.cols();
        double angle = position * Math.pow(10000, -2.0 * (i % tensor.cols()) / shape.headDim());
        values[i] = (float) (cosines ? Math.cos(angle) : Math.sin(angle));
        out.float32(values[i]);
      }
      ropeTables.put(tensor.name(), values);
    }

    /** Appends a tensor over all layers and notes the values of each layer. */
    private void put(Tensor tensor, Encoded encoded) {
      out.writeBytes(encoded.bytes());
      int size = tensor.rows() * tensor.cols();
      for (int layer = 0; layer < tensor.layers(); layer++) {
        float[] values = Arrays.copyOfRange(encoded.values(), layer * size, (layer + 1) * size);
        tensors.put(tensor.names().get(layer), values);
      }
    }

    private Random random(Tensor tensor) {
      return new Random(seed * 31 + tensor.name().hashCode());
    }
  }
}
