package io.tmac.template;

import io.tmac.ChatTemplateException;
import io.tmac.template.Statement.Block;
import java.time.ZonedDateTime;
import java.util.Map;

/** A parsed template. Immutable and safe for use by many threads. */
public final class Template {
  private final Source source;
  private final Block statements;

  private Template(Source source, Block statements) {
    this.source = source;
    this.statements = statements;
  }

  /**
   * Parses a template.
   *
   * @param template its source
   * @throws ChatTemplateException if it is not a template of the supported kind
   */
  public static Template parse(String template) {
    Source source = Source.of(template);
    return new Template(source, StatementParser.parse(source));
  }

  /**
   * Renders the template.
   *
   * @param variables what its names stand for: null, strings, {@link Text}, numbers, booleans, and
   *     collections and maps of them; strings count as content
   * @param now what the template gets for the present time
   * @return the text, which knows what of it is content
   * @throws ChatTemplateException if the template fails, asks for too much, or refuses the values
   * @throws IllegalArgumentException if a variable is of another type
   */
  public Text render(Map<String, ?> variables, ZonedDateTime now) {
    Scope globals = new Scope(null);
    Functions.define(globals, now);
    Scope scope = new Scope(globals);
    long size = 0;
    for (Map.Entry<String, ?> variable : variables.entrySet()) {
      Object value = Values.of(variable.getValue());
      size += Values.size(value);
      scope.set(variable.getKey(), value);
    }
    Interpreter interpreter = new Interpreter(new Budget(size));
    try {
      return interpreter.render(statements, scope);
    } catch (TemplateError e) {
      throw source.exception(e, interpreter.at());
    }
  }
}
