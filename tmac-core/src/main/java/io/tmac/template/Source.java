package io.tmac.template;

import io.tmac.ChatTemplateException;

/**
 * The text of a template.
 *
 * @param text the characters, line ends made {@code \n}
 */
record Source(String text) {

  static Source of(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    return new Source(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
  }

  /** The exception for an error at a place. */
  ChatTemplateException exception(TemplateError error, int at) {
    int line = 1;
    int lineStart = 0;
    for (int i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
      line++;
      lineStart = i + 1;
    }
    return new ChatTemplateException(
        error.getMessage(), line, 1 + Math.min(at, text.length()) - lineStart, error.raised);
  }
}
