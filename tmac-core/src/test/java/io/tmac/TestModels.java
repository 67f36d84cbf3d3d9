package io.tmac;

import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Tiny models with {@link TestTokenizer}. */
final class TestModels {
  /** 57 tokens: five special ones and 52 texts; a context of 128 tokens. */
  static final LlamaShape SHAPE = new LlamaShape(64, 96, 2, 4, 2, 57, 128, true);

  static final TestTokenizer TOKENIZER = new TestTokenizer(SHAPE.vocabSize());

  private TestModels() {}

  /** A model that writes letters at random. */
  static Model letters() {
    return load(Container.Q4V1, SHAPE, ModelOptions.DEFAULT.withTokenizer(TOKENIZER));
  }

  /** The same model without a tokenizer. */
  static Model idsOnly() {
    return load(Container.Q4V1, SHAPE, ModelOptions.DEFAULT);
  }

  /** A model that is loaded from a stream. */
  static Model load(Container container, LlamaShape shape, ModelOptions options) {
    byte[] bytes = TinyModels.of(container, shape, 11).bytes();
    try {
      return Model.load(new ByteArrayInputStream(bytes), "tiny." + container, options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
