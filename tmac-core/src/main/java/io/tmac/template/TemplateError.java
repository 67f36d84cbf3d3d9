package io.tmac.template;

/** What is wrong with a template, or with what it was given; {@link Template} adds the place. */
final class TemplateError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whether the template itself refused what it was given. */
  final boolean raised;

  TemplateError(String message) {
    this(message, false);
  }

  TemplateError(String message, boolean raised) {
    super(message, null, false, false);
    this.raised = raised;
  }

  static TemplateError unsupported(String what) {
    return new TemplateError(what + " is not supported");
  }
}
