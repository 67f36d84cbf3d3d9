package io.tmac.quant.encode;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.checkpoint.Checkpoint;
import io.tmac.checkpoint.CheckpointReader;
import io.tmac.format.Matrix;
import io.tmac.quant.TinyModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a method with calibration needs: its own codes, scales and norms, and a classifier. */
class TensorMajorWriterTest {
  @TempDir Path folder;
  private SourceModel source;

  /** Codes that tell their tensor and row: the number of the layer's tensor is the scale. */
  private final Fits fits =
      new Fits() {
        @Override
        public TernaryFit ternary(String tensor) {
          return (row, values, codes) -> {
            Arrays.fill(codes, (byte) 0);
            codes[row % codes.length] = 1;
            return tensor.length();
          };
        }

        @Override
        public Int4Fit int4(String tensor) {
          return (element, values, from, codes) -> {
            for (int i = 0; i < Int4Fit.BLOCK; i++) {
              codes[from + i] = (byte) ((element + i) % 16 - 8);
            }
            return tensor.length();
          };
        }

        @Override
        public float[] norm(String name, float[] original) {
          float[] changed = original.clone();
          changed[0] = name.length();
          return changed;
        }
      };

  @BeforeEach
  void readModel() throws IOException {
    source = new SourceModel(read(TinyModel.write(folder.resolve("in"))));
  }

  @Test
  void ternaryCodesScalesAndNormsAreThoseOfTheFits() throws IOException {
    Checkpoint written = write(TensorMajorFormat.TM2, false);
    for (Matrix matrix : written.tensors().values()) {
      float[] row = new float[matrix.cols()];
      for (int r = 0; r < matrix.rows(); r++) {
        matrix.decodeRow(r, row);
        if (matrix.name().endsWith("norm")) {
          assertThat(row[0]).isEqualTo(matrix.name().length());
        } else {
          float[] expected = new float[row.length];
          expected[r % row.length] = matrix.name().length();
          assertThat(row).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void int4BlocksKnowTheirPlaceInTheirTensor() throws IOException {
    Checkpoint written = write(TensorMajorFormat.Q4V1, false);
    for (String name : List.of("tok_embeddings", "layers.0.wk", "layers.0.w2")) {
      Matrix matrix = written.tensors().get(name);
      float[] row = new float[matrix.cols()];
      for (int r = 0; r < matrix.rows(); r++) {
        matrix.decodeRow(r, row);
        for (int c = 0; c < row.length; c++) {
          int element = r * row.length + c;
          assertThat(row[c]).isEqualTo((element % 16 - 8) * (float) name.length());
        }
      }
    }
  }

  @Test
  void theEmbeddingMayBecomeAClassifierOfItsOwn() throws IOException {
    assertThat(source.hasClassifier()).isFalse();
    Checkpoint written = write(TensorMajorFormat.TM2, true);
    assertThat(written.classifierName()).isEqualTo("output");
    assertThat(written.config()).isEqualTo(source.config());
    float[] row = new float[TinyModel.DIM];
    written.tensors().get("output").decodeRow(0, row);
    assertThat(row[0]).isEqualTo("output".length());
    assertThat(source.elements(true) - source.elements(false))
        .isEqualTo(TinyModel.VOCAB_SIZE * TinyModel.DIM);
  }

  private Checkpoint write(TensorMajorFormat format, boolean separateClassifier)
      throws IOException {
    Path out = folder.resolve("out");
    try (FileChannel channel =
            FileChannel.open(out, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Workers workers = new Workers(2)) {
      List<EncodingError> errors =
          new TensorMajorWriter(source, format, fits, separateClassifier)
              .write(channel, workers, (tensor, elements) -> {});
      assertThat(errors).hasSize(separateClassifier ? 9 : 8);
    }
    return read(out);
  }

  private static Checkpoint read(Path file) throws IOException {
    return CheckpointReader.read("test", MemorySegment.ofArray(Files.readAllBytes(file)));
  }
}
