package io.tmac.gateway;

import io.tmac.Model;
import io.tmac.ModelFormatException;
import io.tmac.ModelOptions;
import io.tmac.TmacException;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;

/**
 * The model that comes with the gateway, so that something runs before a model is chosen. It has
 * ternary weights and at most two megabytes, and it was trained on simple stories: it continues
 * them and can do nothing else.
 *
 * <pre>{@code
 * try (Model model = DemoModel.load()) {
 *   String story = model.generate("Once upon a time").maxTokens(64).text();
 * }
 * }</pre>
 *
 * <p>It knows no conversations. Its chat template takes what the user said last for the beginning
 * of a story; everything else in the conversation is left out.
 */
public final class DemoModel {
  /** The name under which a gateway serves it: {@code tmac-stories}. */
  public static final String NAME = "tmac-stories";

  private static final String WEIGHTS = "demo/stories.tm2";
  private static final String TOKENIZER = "demo/tokenizer.bin";

  /** Only what was said last: the context is short, and a story goes on from any line. */
  private static final String CHAT_TEMPLATE =
      "{{ (messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list)[-1:]"
          + " | join }}";

  private DemoModel() {}

  /**
   * Loads the model with default options.
   *
   * @return the model; the caller closes it
   * @throws TmacException if its files are not on the class path
   * @throws ModelFormatException if they are damaged
   * @throws IOException if they cannot be read
   */
  public static Model load() throws IOException {
    return load(ModelOptions.DEFAULT);
  }

  /**
   * Loads the model. A tokenizer or a chat template of the options takes the place of its own.
   *
   * @param options how to load it
   * @return the model; the caller closes it
   * @throws TmacException if its files are not on the class path
   * @throws ModelFormatException if they are damaged
   * @throws IllegalArgumentException if the options do not fit the model
   * @throws IOException if they cannot be read
   */
  public static Model load(ModelOptions options) throws IOException {
    ModelOptions all = options;
    if (options.findsTokenizer()) {
      try (InputStream in = open(TOKENIZER)) {
        all = all.withTokenizer(Tokenizer.load(in, TOKENIZER));
      }
    }
    if (options.chatTemplate().isEmpty()) {
      all = all.withChatTemplate(CHAT_TEMPLATE);
    }
    try (InputStream in = open(WEIGHTS)) {
      return Model.load(in, NAME, all);
    }
  }

  /** Opens a resource beside this class. */
  static InputStream open(String name) {
    InputStream in = DemoModel.class.getResourceAsStream(name);
    if (in == null) {
      String path = DemoModel.class.getPackageName().replace('.', '/');
      throw new TmacException(
          "the demo model is incomplete: "
              + path
              + "/"
              + name
              + " is not in the jar or folder of "
              + DemoModel.class.getName()
              + "; where jars are merged or shrunk, keep "
              + path
              + "/demo/**");
    }
    return in;
  }
}
