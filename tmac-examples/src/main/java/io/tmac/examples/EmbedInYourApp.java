package io.tmac.examples;

import io.tmac.GeneratedToken;
import io.tmac.Model;
import io.tmac.TokenStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** A model inside an application: load it, and print a story while it is made. */
public final class EmbedInYourApp {

  private EmbedInYourApp() {}

  /**
   * Prints a story.
   *
   * @param args the path of a model
   * @throws IOException if it cannot be read
   */
  public static void main(String[] args) throws IOException {
    tellStory(Path.of(args[0]), System.out);
  }

  static void tellStory(Path path, PrintStream out) throws IOException {
    try (Model model = Model.load(path);
        TokenStream story = model.generate("Once upon a time").maxTokens(64).stream()) {
      for (GeneratedToken token : story) {
        out.print(token.text());
        out.flush();
      }
    }
  }
}
