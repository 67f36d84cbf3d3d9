package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.format.F32;
import io.tmac.format.Matrix;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.LlamaShape.Kind;
import io.tmac.testing.LlamaShape.Tensor;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import io.tmac.testing.TinyModels.TinyModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What was written is what is read, in every container and for even and odd shapes. */
class CheckpointReaderTest {
  private static final List<LlamaShape> SHAPES =
      List.of(LlamaShape.EVEN, LlamaShape.ODD, LlamaShape.GROUPED, LlamaShape.SMALLEST);

  static Stream<Arguments> models() {
    return Stream.of(Container.values())
        .flatMap(container -> SHAPES.stream().map(shape -> Arguments.of(container, shape)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void theShapeComesFromTheHeader(Container container, LlamaShape shape) {
    Checkpoint checkpoint = Reading.model(TinyModels.of(container, shape, 1));
    assertThat(checkpoint.config()).isEqualTo(shape.config());
    assertThat(checkpoint.source()).isEqualTo("tiny");
  }

  @ParameterizedTest
  @MethodSource("models")
  void allTensorsAreNamedInFileOrder(Container container, LlamaShape shape) {
    Checkpoint checkpoint = Reading.model(TinyModels.of(container, shape, 1));
    boolean normsFirst = container == Container.V1 || container == Container.V2;
    assertThat(checkpoint.tensors().keySet())
        .containsExactlyElementsOf(normsFirst ? normsFirst(shape) : fileOrder(shape));
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyMatrixHasItsShapeFormatAndValues(Container container, LlamaShape shape) {
    TinyModel model = TinyModels.of(container, shape, 2);
    Map<String, Matrix> tensors = Reading.model(model).tensors();
    String format = tensors.get("tok_embeddings").format().id();
    for (Tensor tensor : stored(shape)) {
      for (String name : tensor.names()) {
        Matrix matrix = tensors.get(name);
        assertThat(matrix.rows()).as("rows of %s", name).isEqualTo(tensor.rows());
        assertThat(matrix.cols()).as("columns of %s", name).isEqualTo(tensor.cols());
        assertThat(matrix.format().id())
            .as("format of %s", name)
            .isEqualTo(tensor.kind() == Kind.NORM ? new F32().id() : format);
        assertThat(Reading.values(matrix)).as(name).isEqualTo(model.tensors().get(name));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void theClassifierMayBeTheEmbedding(Container container, LlamaShape shape) {
    Checkpoint checkpoint = Reading.model(TinyModels.of(container, shape, 3));
    String expected = shape.sharedClassifier() ? "tok_embeddings" : "output";
    assertThat(checkpoint.classifierName()).isEqualTo(expected);
    assertThat(checkpoint.tensors()).containsKey(expected);
  }

  @ParameterizedTest
  @MethodSource("models")
  void tensorsAreViewsOfTheFile(Container container, LlamaShape shape) {
    Checkpoint checkpoint = Reading.model(TinyModels.of(container, shape, 4));
    assertThat(checkpoint.tensors().values())
        .allSatisfy(matrix ->
            assertThat(checkpoint.files().getFirst().bytes().asOverlappingSlice(matrix.data()))
                .isPresent());
  }

  @ParameterizedTest
  @EnumSource(Container.class)
  void theContainerAndItsFormatHaveNames(Container container) {
    Checkpoint checkpoint = Reading.model(TinyModels.of(container, LlamaShape.EVEN, 5));
    String[] expected =
        switch (container) {
          case V0 -> new String[] {"llama2.c v0", "f32"};
          case V1 -> new String[] {"llama2.c v1", "f32"};
          case V2 -> new String[] {"llama2.c v2", "int8"};
          case Q4V1 -> new String[] {"Q4V1", "int4"};
          case Q8V1 -> new String[] {"Q8V1", "int8"};
          case TMAC -> new String[] {"TMAC", "ternary_v1"};
          case TM2 -> new String[] {"TM2", "ternary_v2"};
        };
    assertThat(List.of(checkpoint.container(), checkpoint.format().id())).containsExactly(expected);
  }

  @ParameterizedTest
  @MethodSource("models")
  void ropeTablesAreKeptApartWhereTheFileHasThem(Container container, LlamaShape shape) {
    TinyModel model = TinyModels.of(container, shape, 4);
    Map<String, Matrix> tables = Reading.model(model).ropeTables();
    if (container == Container.V1 || container == Container.V2) {
      assertThat(tables).isEmpty();
    } else {
      assertThat(tables).containsOnlyKeys("rope_cosines", "rope_sines");
      tables.forEach((name, table) -> {
        assertThat(table.rows()).isEqualTo(shape.contextLength());
        assertThat(table.cols()).isEqualTo(shape.headDim() / 2);
        assertThat(Reading.values(table)).isEqualTo(model.ropeTables().get(name));
      });
    }
  }

  /** Norms and matrices; the RoPE tables are not among the tensors. */
  private static List<Tensor> stored(LlamaShape shape) {
    return shape.tensors().stream().filter(t -> t.kind() != Kind.ROPE_TABLE).toList();
  }

  private static List<String> fileOrder(LlamaShape shape) {
    return stored(shape).stream().flatMap(t -> t.names().stream()).toList();
  }

  private static List<String> normsFirst(LlamaShape shape) {
    List<String> names = new ArrayList<>();
    for (Kind kind : List.of(Kind.NORM, Kind.MATRIX)) {
      stored(shape).stream()
          .filter(tensor -> tensor.kind() == kind)
          .forEach(tensor -> names.addAll(tensor.names()));
    }
    return names;
  }
}
