package io.tmac.examples;

import io.tmac.ChatMessage;
import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Session;
import java.util.ArrayList;
import java.util.List;

/** Messages, as the model's chat template writes them. */
final class MessageDialogue implements Dialogue {
  private final Session session;
  private final List<ChatMessage> said = new ArrayList<>();
  private String instruction = "";

  MessageDialogue(Session session) {
    this.session = session;
  }

  @Override
  public void instruct(String instruction) {
    this.instruction = instruction;
  }

  @Override
  public GenerationRequest ask(String line) {
    said.add(ChatMessage.user(line));
    List<ChatMessage> messages = new ArrayList<>(said);
    if (!instruction.isEmpty()) {
      messages.addFirst(ChatMessage.system(instruction));
    }
    return session.chat(messages).truncatePrompt();
  }

  @Override
  public void forgetQuestion() {
    said.removeLast();
  }

  @Override
  public void keep(Generation answer) {
    said.add(ChatMessage.assistant(answer.text()));
  }

  @Override
  public void reset() {
    said.clear();
  }
}
