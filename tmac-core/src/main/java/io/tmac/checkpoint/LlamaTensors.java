package io.tmac.checkpoint;

import io.tmac.ModelConfig;
import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import io.tmac.checkpoint.Checkpoint.MappedFile;
import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.format.WeightFormat;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects the tensors of a llama model while a reader walks through its file. */
final class LlamaTensors {
  private static final WeightFormat FLOAT = new F32();

  private final ByteCursor in;
  private final ModelConfig config;
  private final Map<String, Matrix> tensors = new LinkedHashMap<>();
  private final Map<String, Matrix> ropeTables = new LinkedHashMap<>();

  LlamaTensors(ByteCursor in, ModelConfig config) {
    this.in = in;
    this.config = config;
  }

  /** Rows of one layer's matrix of this name. */
  int rows(String name) {
    return Shape.of(config, name).rows();
  }

  /** Columns of the matrix of this name. */
  int cols(String name) {
    return Shape.of(config, name).cols();
  }

  /** Size of a tensor, or a fault if it is beyond all files. */
  long byteSize(WeightFormat format, String name, long rows, int cols) {
    try {
      long bytes = format.byteSize(rows, cols);
      if (bytes < 0) {
        throw new TmacException(
            "format " + format.id() + " says that " + name + " has " + bytes + " bytes");
      }
      return bytes;
    } catch (ArithmeticException e) {
      throw new ModelFormatException(
          in.source(),
          in.position(),
          "tensor " + name + " to have a size below 2^63 bytes",
          rows + " rows of " + cols + " columns");
    }
  }

  /** Reads a float vector of each layer, which follow each other. */
  void layerNorms(String name) {
    for (int layer = 0; layer < config.layers(); layer++) {
      norm("layers." + layer + "." + name);
    }
  }

  /** Reads one float vector. */
  void norm(String name) {
    int cols = cols(name);
    MemorySegment data = in.take(byteSize(FLOAT, name, 1, cols), name);
    tensors.put(name, new Matrix(name, 1, cols, FLOAT, data, 0));
  }

  /** Reads a table of the angles that the transformer computes itself. */
  void ropeTable(String name) {
    int rows = config.contextLength();
    int cols = config.headDim() / 2;
    MemorySegment data = in.take(byteSize(FLOAT, name, rows, cols), name);
    ropeTables.put(name, new Matrix(name, rows, cols, FLOAT, data, 0));
  }

  /** Reads one matrix that stands alone. */
  void matrix(String tensor, String name, WeightFormat format) {
    int rows = rows(name);
    int cols = cols(name);
    MemorySegment data = in.take(byteSize(format, tensor, rows, cols), tensor);
    tensors.put(tensor, new Matrix(tensor, rows, cols, format, data, 0));
  }

  /** Reads one tensor that holds the matrices of all layers, row after row. */
  void stackedMatrix(String name, WeightFormat format) {
    int rows = rows(name);
    int cols = cols(name);
    long bytes = byteSize(format, name, (long) rows * config.layers(), cols);
    MemorySegment data = in.take(bytes, name + " of all layers");
    for (int layer = 0; layer < config.layers(); layer++) {
      String tensor = "layers." + layer + "." + name;
      tensors.put(tensor, new Matrix(tensor, rows, cols, format, data, (long) layer * rows));
    }
  }

  /** Reads the byte that says whether a tensor is a matrix (1) or float32 (0). */
  void expectFlag(String name, int expected) {
    int flag = in.uint8("the flag of " + name);
    if (flag != expected) {
      String kind = expected == 1 ? " (quantised matrix)" : " (float32)";
      throw in.fault(1, "flag " + expected + kind + " before " + name, "flag " + flag);
    }
  }

  /** Reads int32 rows and int32 cols of a matrix over {@code layers} layers. */
  void expectShape(String name, int layers) {
    expectDimension(name, "rows", (long) rows(name) * layers);
    expectDimension(name, "cols", cols(name));
  }

  private void expectDimension(String name, String dimension, long expected) {
    int found = in.int32(dimension + " of " + name);
    if (found != expected) {
      throw in.fault(
          4,
          dimension + " = " + expected + " of " + name + ", as the header says",
          dimension + " = " + found);
    }
  }

  /** The checkpoint, once the file has been read to its end. */
  Checkpoint finish(String container, String architecture, WeightFormat format) {
    in.expectEnd();
    MappedFile file = new MappedFile(in.source(), in.file());
    return new Checkpoint(
        in.source(),
        container,
        architecture,
        format,
        config,
        tensors,
        tensors,
        ropeTables,
        Optional.empty(),
        List.of(file));
  }
}
