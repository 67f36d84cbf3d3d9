package io.tmac.template;

import java.util.List;

/** What a template does. {@link #at} is the place in the source. */
sealed interface Statement {

  int at();

  /** Text outside tags. */
  record Data(int at, Text text) implements Statement {}

  record Output(int at, Expression value) implements Statement {}

  /** Branches with their conditions, and the branch that is taken if none holds. */
  record If(int at, List<Expression> conditions, List<Block> branches, Block otherwise)
      implements Statement {}

  /** A loop; {@code condition} is null if it takes all items. */
  record For(
      int at,
      Target target,
      Expression items,
      Expression condition,
      boolean recursive,
      Block body,
      Block otherwise)
      implements Statement {}

  record Set(int at, Target target, Expression value) implements Statement {}

  /** Takes what the body prints; {@code value} is the filters over {@link #CAPTURED}. */
  record SetBlock(int at, Target target, Expression value, Block body) implements Statement {}

  record MacroDefinition(int at, String name, Parameters parameters, Block body)
      implements Statement {}

  /** A call of a macro that may call back the body. */
  record CallBlock(int at, Parameters parameters, Expression call, Block body)
      implements Statement {}

  /** Prints the filters over {@link #CAPTURED}, which is what the body prints. */
  record FilterBlock(int at, Expression value, Block body) implements Statement {}

  record With(int at, List<Target> targets, List<Expression> values, Block body)
      implements Statement {}

  record Break(int at) implements Statement {}

  record Continue(int at) implements Statement {}

  /** The name under which filters find what a body has printed; no template can spell it. */
  String CAPTURED = "(captured)";

  /** Statements one after the other. */
  record Block(List<Statement> statements) {
    static final Block EMPTY = new Block(List.of());
  }

  /** Names of a macro's parameters; those that have a default come last. */
  record Parameters(List<String> names, List<Expression> defaults) {}

  /** Where a value is put. */
  sealed interface Target {

    record Variable(String name) implements Target {}

    /** An attribute of a namespace. */
    record NamespaceAttribute(int at, String name, String attribute) implements Target {}

    record Several(int at, List<Target> targets) implements Target {}
  }
}
