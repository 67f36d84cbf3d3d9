package io.tmac.template;

/**
 * What a name, key or index stands for that is not there. It prints as nothing and is false;
 * computing with it is an error.
 *
 * @param what how a message names it
 */
record Undefined(String what) {

  TemplateError error() {
    return new TemplateError(what + " is undefined");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Undefined;
  }

  @Override
  public int hashCode() {
    return 0;
  }
}
