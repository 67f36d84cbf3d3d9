package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import io.tmac.testing.TinyModels.TinyModel;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Writing and reading are inverse for any shape that a model can have. */
class CheckpointPropertyTest {

  @Provide
  Arbitrary<LlamaShape> shapes() {
    Arbitrary<Integer> headPairs = Arbitraries.integers().between(1, 6);
    Arbitrary<Integer> kvHeads = Arbitraries.integers().between(1, 3);
    Arbitrary<Integer> queriesPerKv = Arbitraries.integers().between(1, 3);
    // From 3 on: of width 2 with 2 tokens and a context of 4 is the header of another container.
    Arbitrary<Integer> vocabulary = Arbitraries.integers().between(3, 40);
    return Combinators.combine(
            headPairs,
            kvHeads,
            queriesPerKv,
            Arbitraries.integers().between(1, 70),
            Arbitraries.integers().between(1, 4),
            vocabulary,
            Arbitraries.integers().between(1, 9),
            Arbitraries.of(true, false))
        .as((pairs, kv, queries, hidden, layers, vocab, context, shared) ->
            new LlamaShape(
                2 * pairs * kv * queries,
                hidden,
                layers,
                kv * queries,
                kv,
                vocab,
                context,
                shared));
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void whatWasWrittenIsRead(
      @ForAll Container container, @ForAll("shapes") LlamaShape shape, @ForAll long seed) {
    TinyModel model = TinyModels.of(container, shape, seed);
    Checkpoint checkpoint = Reading.model(model);
    assertThat(checkpoint.config()).isEqualTo(shape.config());
    assertThat(checkpoint.tensors()).containsOnlyKeys(model.tensors().keySet());
    model
        .tensors()
        .forEach((name, values) ->
            assertThat(Reading.values(checkpoint.tensors().get(name))).as(name).isEqualTo(values));
  }
}
