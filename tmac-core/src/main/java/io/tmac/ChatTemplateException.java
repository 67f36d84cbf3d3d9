package io.tmac;

/**
 * A chat template cannot be rendered: it is damaged, uses something outside the supported part of
 * Jinja, asks for too much, or refuses the messages. A model with such a template still loads, and
 * generates from plain prompts.
 */
public class ChatTemplateException extends TmacException {
  private static final long serialVersionUID = 1L;

  /** The line in the template. */
  private final int line;

  /** The column in that line. */
  private final int column;

  /** Whether the template refused the messages. */
  private final boolean refused;

  /**
   * Creates an exception.
   *
   * @param problem what is wrong
   * @param line the line in the template, from 1
   * @param column the column in that line, from 1
   * @param refused whether the template itself refused the messages
   */
  public ChatTemplateException(String problem, int line, int column, boolean refused) {
    super(
        refused
            ? "the chat template refuses these messages: " + problem
            : "chat template, line " + line + ", column " + column + ": " + problem);
    this.line = line;
    this.column = column;
    this.refused = refused;
  }

  /**
   * The place in the template.
   *
   * @return the line, from 1
   */
  public int line() {
    return line;
  }

  /**
   * The place in the template.
   *
   * @return the column, from 1
   */
  public int column() {
    return column;
  }

  /**
   * Whose fault it is.
   *
   * @return true if the template itself refused the messages, for example because roles do not
   *     alternate; false if the template is at fault
   */
  public boolean refused() {
    return refused;
  }
}
