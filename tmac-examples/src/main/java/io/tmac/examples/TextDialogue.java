package io.tmac.examples;

import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.Session;
import io.tmac.tokenizer.EncodeOptions;

/** One text, of which the lines and the answers are the parts. */
final class TextDialogue implements Dialogue {
  private final Model model;
  private final Session session;

  TextDialogue(Model model, Session session) {
    this.model = model;
    this.session = session;
  }

  @Override
  public void instruct(String instruction) {
    throw new IllegalArgumentException("a model without a chat template takes no instruction");
  }

  @Override
  public GenerationRequest ask(String line) {
    int position = session.position();
    int[] ids =
        model
            .tokenizer()
            .orElseThrow()
            .encode(line, position == 0 ? EncodeOptions.PROMPT : EncodeOptions.TEXT);
    int room = model.info().contextLength() - position;
    if (ids.length > room) {
      throw new IllegalArgumentException(
          "the line has "
              + ids.length
              + " tokens, the context has room for "
              + room
              + ": shorten it");
    }
    return session.generate(ids);
  }

  @Override
  public void forgetQuestion() {
    // A line that is not answered does not get into the session.
  }

  @Override
  public void keep(Generation answer) {
    // The session has it.
  }

  @Override
  public void reset() {
    session.truncate(0);
  }
}
