package io.tmac.examples;

import io.tmac.GeneratedToken;
import io.tmac.Model;
import io.tmac.TokenStream;
import io.tmac.gateway.DemoModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** A model inside an application: load it, and print a story while it is made. */
public final class EmbedInYourApp {

  private EmbedInYourApp() {}

  /**
   * Prints a story.
   *
   * @param args the path of a model, or nothing for the demo model
   * @throws IOException if it cannot be read
   */
  public static void main(String[] args) throws IOException {
    try (Model model = args.length == 0 ? DemoModel.load() : Model.load(Path.of(args[0]))) {
      System.err.println("model   " + model.info().source());
      tellStory(model, System.out);
    }
  }

  static void tellStory(Model model, PrintStream out) {
    try (TokenStream story = model.generate("Once upon a time").maxTokens(64).stream()) {
      for (GeneratedToken token : story) {
        out.print(token.text());
        out.flush();
      }
    }
  }
}
