package io.tmac.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.ChatTemplateException;
import io.tmac.testing.Shared;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Templates of published models render as Jinja2 renders them. */
class PublicTemplatesTest {
  private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  Stream<DynamicTest> rendersAsJinja() {
    JsonNode file = Shared.json("vectors/public/chat/templates.json");
    return StreamSupport.stream(file.get("cases").spliterator(), false)
        .map(testCase -> {
          String template = testCase.get("template").asString();
          String name = template + ", " + testCase.get("case").asString();
          String source = file.get("templates").get(template).asString();
          return DynamicTest.dynamicTest(name, () -> check(source, testCase));
        });
  }

  private static void check(String source, JsonNode testCase) {
    Template template = Template.parse(source);
    Map<?, ?> values = JSON.convertValue(testCase.get("vars"), Map.class);
    @SuppressWarnings("unchecked")
    Map<String, ?> variables = (Map<String, ?>) values;
    if (testCase.has("expected")) {
      assertThat(template.render(variables, NOW).string())
          .isEqualTo(testCase.get("expected").asString());
    } else {
      assertThatThrownBy(() -> template.render(variables, NOW))
          .isInstanceOfSatisfying(
              ChatTemplateException.class, refusal -> assertThat(refusal.refused()).isTrue())
          .hasMessageContaining(testCase.get("expected_error").asString());
    }
  }
}
