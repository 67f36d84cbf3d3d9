package io.tmac.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.tmac.ModelFormatException;
import io.tmac.TmacException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorErrorsTest {
  private static final String STORIES = "models/stories260K/stories260K.bin";
  private static final String Q4 = "vectors/public/quantizers/P3_numpy_2.4.2/stories260K.q4.bin";
  private static final int HEADER = 28;

  @TempDir Path folder;
  private Path reference;

  @BeforeEach
  void writeReference() throws IOException {
    reference = TinyModel.write(folder.resolve("reference.bin"));
  }

  @Test
  void measuresOneChangedWeight() throws IOException {
    int wk = TinyModel.firstFloat(3);
    Path model = changed(wk + 5, TinyModel.value(wk + 5) - 0.5f);

    List<TensorError> errors = TensorErrors.measure(reference, model);

    double squares = 0;
    for (int i = wk; i < TinyModel.firstFloat(4); i++) {
      squares += Math.pow(TinyModel.value(i), 2);
    }
    double r = TinyModel.value(wk + 5);
    double product = squares - 0.5 * r;
    double norm = squares - r + 0.25;
    TensorError error = find(errors, "layers.0.wk");
    assertThat(error.reference()).isEqualTo(new TensorInfo("layers.0.wk", "f32", 4, 8, 128));
    assertThat(error.model()).isEqualTo(error.reference());
    assertThat(error.mse()).isCloseTo(0.25 / 32, within(1e-15));
    assertThat(error.relativeError()).isCloseTo(0.5 / Math.sqrt(squares), within(1e-15));
    assertThat(error.sqnr()).isCloseTo(10 * Math.log10(squares / 0.25), within(1e-12));
    assertThat(error.cosine()).isCloseTo(product / Math.sqrt(squares * norm), within(1e-15));
    assertThat(error.maxError()).isEqualTo(0.5);
    assertThat(errors).filteredOn(e -> e.mse() != 0).containsExactly(error);
  }

  @Test
  void aFileDoesNotDifferFromItself() throws IOException {
    List<TensorError> errors = TensorErrors.measure(reference, reference);
    assertThat(errors)
        .extracting(TensorError::name)
        .containsExactlyElementsOf(
            ModelInspector.inspect(reference).tensors().stream().map(TensorInfo::name).toList());
    for (TensorError error : errors) {
      assertThat(error.mse()).isZero();
      assertThat(error.relativeError()).isZero();
      assertThat(error.maxError()).isZero();
      assertThat(error.cosine()).as(error.name()).isEqualTo(1);
      assertThat(error.sqnr()).isEqualTo(Double.POSITIVE_INFINITY);
    }
  }

  @Test
  void zeroTensorsHaveNoDirection() throws IOException {
    Path zero = changed(TinyModel.firstFloat(10), new float[TinyModel.DIM]);
    assertThat(find(TensorErrors.measure(zero, zero), "norm").cosine()).isEqualTo(1);

    TensorError lost = find(TensorErrors.measure(reference, zero), "norm");
    assertThat(lost.relativeError()).isEqualTo(1);
    assertThat(lost.sqnr()).isZero();
    assertThat(lost.cosine()).isNaN();

    TensorError made = find(TensorErrors.measure(zero, reference), "norm");
    assertThat(made.relativeError()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(made.sqnr()).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void nanStaysVisible() throws IOException {
    Path model = changed(TinyModel.firstFloat(2), Float.NaN);
    TensorError error = find(TensorErrors.measure(reference, model), "layers.0.wq");
    assertThat(error.mse()).isNaN();
    assertThat(error.relativeError()).isNaN();
    assertThat(error.cosine()).isNaN();
    assertThat(error.maxError()).isNaN();
  }

  /** Tensors of several blocks of rows, against plain sums over what dequantize writes. */
  @Test
  void agreesWithTheUnpackedTensors() throws IOException {
    Path f32 = Shared.path(STORIES);
    Path q4 = Shared.path(Q4);
    List<TensorError> errors = TensorErrors.measure(f32, q4);
    for (String name : List.of("tok_embeddings", "layers.1.w2", "layers.4.w3", "norm")) {
      FloatBuffer r = unpacked(f32, name);
      FloatBuffer w = unpacked(q4, name);
      double squaredError = 0;
      double squares = 0;
      double max = 0;
      for (int i = 0; i < r.limit(); i++) {
        double error = (double) w.get(i) - r.get(i);
        squaredError += error * error;
        squares += (double) r.get(i) * r.get(i);
        max = Math.max(max, Math.abs(error));
      }
      TensorError error = find(errors, name);
      assertThat(error.mse()).isCloseTo(squaredError / r.limit(), within(1e-15));
      assertThat(error.relativeError()).isCloseTo(Math.sqrt(squaredError / squares), within(1e-12));
      assertThat(error.maxError()).isEqualTo(max);
      assertThat(error.reference().type()).isEqualTo("f32");
      assertThat(error.model().type()).isEqualTo(name.equals("norm") ? "f32" : "int4");
    }
  }

  @Test
  void theThreadsDoNotMatter() throws IOException {
    Path f32 = Shared.path(STORIES);
    Path q4 = Shared.path(Q4);
    List<TensorError> alone = TensorErrors.measure(f32, q4, 1);
    assertThat(TensorErrors.measure(f32, q4, 3)).isEqualTo(alone);
    assertThatIllegalArgumentException().isThrownBy(() -> TensorErrors.measure(f32, q4, 0));
  }

  @Test
  void aClassifierOfItsOwnIsComparedWithTheEmbeddingThatDoesItsWork() throws IOException {
    Path unshared = unshared();

    TensorError error = TensorErrors.measure(reference, unshared).getLast();
    assertThat(error.name()).isEqualTo("output");
    assertThat(error.sharedInOneFile()).isTrue();
    assertThat(error.reference().name()).isEqualTo("tok_embeddings");
    assertThat(error.model().name()).isEqualTo("output");
    assertThat(error.maxError()).isEqualTo(1);

    TensorError back = find(TensorErrors.measure(unshared, reference), "output");
    assertThat(back.reference().name()).isEqualTo("output");
    assertThat(back.model().name()).isEqualTo("tok_embeddings");
    assertThat(back.mse()).isEqualTo(error.mse());

    TensorError own = TensorErrors.measure(unshared, unshared).getLast();
    assertThat(own.name()).isEqualTo("output");
    assertThat(own.sharedInOneFile()).isFalse();
  }

  @Test
  void refusesModelsOfOtherShapes() {
    Path other = Shared.path(STORIES);
    assertThatThrownBy(() -> TensorErrors.measure(reference, other))
        .isInstanceOf(TmacException.class)
        .hasMessageContaining("stories260K.bin has another shape than")
        .hasMessageContaining("vocabSize is 512, not 16");
  }

  @Test
  void refusesWhatIsNoModel() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "Once upon a time there was a file");
    assertThatThrownBy(() -> TensorErrors.measure(reference, text))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("text.txt");
  }

  @Test
  void kindsAreSummarisedInOrder() {
    List<KindErrors> kinds =
        KindErrors.of(
            List.of(
                error("tok_embeddings", 0.25),
                error("layers.0.wq", 0.5),
                error("layers.0.wo", 0),
                error("layers.1.wq", 0.75),
                error("layers.1.wo", Double.NaN)));
    assertThat(kinds).extracting(KindErrors::kind).containsExactly("tok_embeddings", "wq", "wo");
    KindErrors wq = kinds.get(1);
    assertThat(wq.tensors()).isEqualTo(2);
    assertThat(wq.relativeError()).isEqualTo(0.625);
    assertThat(wq.worst().name()).isEqualTo("layers.1.wq");
    assertThat(kinds.get(2).relativeError()).isNaN();
    assertThat(kinds.get(2).worst().name()).isEqualTo("layers.1.wo");
  }

  static TensorError error(String name, double relativeError) {
    TensorInfo tensor = new TensorInfo(name, "f32", 2, 2, 16);
    double sqnr = -20 * Math.log10(relativeError);
    return new TensorError(name, tensor, tensor, 0, relativeError, sqnr, 1, 0);
  }

  private static TensorError find(List<TensorError> errors, String name) {
    return errors.stream().filter(error -> error.name().equals(name)).findFirst().orElseThrow();
  }

  /** The reference with other floats from an index on. */
  private Path changed(int index, float... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(reference));
    bytes.order(ByteOrder.LITTLE_ENDIAN).position(HEADER + index * Float.BYTES);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return Files.write(folder.resolve("changed.bin"), bytes.array());
  }

  /** The reference with a classifier of its own: the embedding plus 1. */
  private Path unshared() throws IOException {
    byte[] shared = Files.readAllBytes(reference);
    int values = TinyModel.VOCAB_SIZE * TinyModel.DIM;
    ByteBuffer bytes =
        ByteBuffer.allocate(shared.length + values * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(shared).putInt(20, -TinyModel.VOCAB_SIZE);
    for (int i = 0; i < values; i++) {
      bytes.putFloat(TinyModel.value(i) + 1);
    }
    return Files.write(folder.resolve("unshared.bin"), bytes.array());
  }

  private FloatBuffer unpacked(Path model, String tensor) throws IOException {
    Path out = folder.resolve("out.f32");
    Dequantizer.dequantize(model, tensor, out);
    return ByteBuffer.wrap(Files.readAllBytes(out)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }
}
