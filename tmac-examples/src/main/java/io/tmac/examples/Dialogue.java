package io.tmac.examples;

import io.tmac.Generation;
import io.tmac.GenerationRequest;

/** What was said so far. */
interface Dialogue {

  /** Gives an instruction for the whole conversation, or takes it back if it is empty. */
  void instruct(String instruction);

  /** Prepares the answer to a line. */
  GenerationRequest ask(String line);

  /** Takes back the last line, which could not be answered. */
  void forgetQuestion();

  /** Remembers the answer. */
  void keep(Generation answer);

  /** Forgets all but the instruction. */
  void reset();
}
