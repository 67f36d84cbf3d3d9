package io.tmac.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {

  private static Fields fields(String json) {
    return Json.object(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(ThrowingCallable code, String message) {
    assertThatThrownBy(code)
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(400))
        .hasMessageContaining(message);
  }

  @Test
  void nullCountsAsAbsent() {
    Fields fields = fields("{'a':null}");
    assertThat(fields.has("a")).isFalse();
    assertThat(fields.string("a", "x")).isEqualTo("x");
    assertThat(fields.bool("b", true)).isTrue();
    assertThat(fields.number("a", 0, 1)).isEmpty();
    assertThat(fields.integer("a", 0, 1)).isEmpty();
    assertThat(fields.strings("a", 1)).isEmpty();
    assertThat(fields.objects("a", 1)).isEmpty();
    assertThat(fields.object("a").names()).isEmpty();
  }

  @Test
  void wrongTypesNameTheField() {
    Fields fields = fields("{'s':1,'b':'true','n':'1','i':1.5,'l':[''],'o':[],'m':[1]}");
    refused(() -> fields.string("s", ""), "s must be a string");
    refused(() -> fields.bool("b", false), "b must be true or false");
    refused(() -> fields.number("n", 0, 1), "n must be a number from 0.0 to 1.0");
    refused(() -> fields.integer("i", 0, 9), "i must be a whole number from 0 to 9");
    refused(() -> fields.strings("l", 4), "l must be a string or a list");
    refused(() -> fields.object("o"), "o must be an object");
    refused(() -> fields.objects("m", 4), "m must be a list of at most 4 objects");
    refused(() -> fields.required("x", "x is missing"), "x is missing");
  }

  @Test
  void innerFieldsAreNamedByTheirPath() {
    Fields fields = fields("{'messages':[{'role':1}],'options':{'seed':'x'}}");
    refused(
        () -> fields.objects("messages", 4).getFirst().string("role", ""),
        "messages[0].role must be a string");
    refused(() -> fields.object("options").integer("seed", 0, 1), "options.seed must be");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999", "-1e999", "1e999999999", "3", "-0.5", "'NaN'"})
  void numbersAreFiniteAndWithinBounds(String number) {
    refused(() -> fields("{'x':" + number + "}").number("x", 0, 2), "x must be a number");
  }

  @ParameterizedTest
  @ValueSource(strings = {"9223372036854775808", "1e3", "1.0", "-1", "11", "true"})
  void wholeNumbersAreWholeAndWithinBounds(String number) {
    refused(() -> fields("{'x':" + number + "}").integer("x", 0, 10), "x must be a whole number");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[]",
        "1",
        "null",
        "'x'",
        "{} {}",
        "{}x",
        "{'a':1,'a':2}",
        "{a:1}",
        "{'a':01}",
        "{'a':NaN}",
        "{'a':1,}",
        "/* */{}",
        "{'a':'\n'}",
        "{'a':'\\x'}",
        "{'x':{'a':1,'a':1}}"
      })
  void readsStrictJsonObjectsOnly(String json) {
    refused(() -> fields(json), "The body");
  }

  @Test
  void depthIsBounded() {
    String deep = "{'a':" + "[".repeat(501) + "]".repeat(501) + "}";
    refused(() -> fields(deep), "not valid JSON");
    assertThat(fields("{'a':" + "[".repeat(60) + "]".repeat(60) + "}").has("a")).isTrue();
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    byte[] json = {'{', '"', 'a', '"', ':', '"', (byte) 0xff, (byte) 0xfe, '"', '}'};
    refused(() -> Json.object(json), "The body is not valid JSON");
  }

  @Test
  void errorsDoNotRepeatTheBody() {
    assertThatThrownBy(() -> fields("{'a': secret-0815}"))
        .hasMessage("The body is not valid JSON at line 1, column 7");
  }
}
