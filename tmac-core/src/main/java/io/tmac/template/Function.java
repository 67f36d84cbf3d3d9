package io.tmac.template;

/** What a template can call. */
@FunctionalInterface
interface Function {

  /**
   * Calls it.
   *
   * @param arguments values
   * @param interpreter what runs the template
   * @return a value
   */
  Object call(Arguments arguments, Interpreter interpreter);
}
