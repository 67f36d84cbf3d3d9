package io.tmac.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.limit.Limits;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens are written here by hand, because no library writes the wrong ones. */
class TokensTest {
  private static final String SECRET = "a secret of 32 bytes, or of more.";
  private static final String HEADER = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
  private static final long NOW = 1_800_000_000;
  private static final Limits LIMITS = new Limits(100, 4, 5000);

  private final Tokens tokens =
      tokens(new Tokens.Rules(Optional.empty(), Optional.empty(), true, LIMITS));

  private static Tokens tokens(Tokens.Rules rules) {
    return new Tokens(List.of(bytes(SECRET)), rules, () -> Instant.ofEpochSecond(NOW));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String sign(String algorithm, String secret, String header, String claims) {
    String text = base64(bytes(header)) + "." + base64(bytes(claims));
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(bytes(secret), algorithm));
      return text + "." + base64(mac.doFinal(bytes(text)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String sign(String header, String claims) {
    return sign("HmacSHA256", SECRET, header, claims);
  }

  private Optional<Identity> withClaims(String claims) {
    return tokens.authenticate(sign(HEADER, claims));
  }

  private static String valid(String more) {
    return "{\"sub\":\"ada\",\"exp\":" + (NOW + 60) + more + "}";
  }

  @Test
  void takesSubjectRoleAndLimitFromTheClaims() {
    Identity identity =
        withClaims(valid(",\"role\":\"admin\",\"rate_limit\":7,\"iat\":" + NOW + ",\"jti\":\"1\""))
            .orElseThrow();
    assertThat(identity.principal().id()).isEqualTo("sub:ada");
    assertThat(identity.principal().name()).isEqualTo("ada");
    assertThat(identity.principal().admin()).isTrue();
    assertThat(identity.limits()).isEqualTo(new Limits(7, 4, 5000));
  }

  @Test
  void whatATokenDoesNotSayIsTheDefault() {
    Identity identity = withClaims(valid("")).orElseThrow();
    assertThat(identity.principal().admin()).isFalse();
    assertThat(identity.limits()).isEqualTo(LIMITS);
  }

  @Test
  void theRoleNeverExceedsWhatTheIssuerMayGive() {
    Tokens users = tokens(new Tokens.Rules(Optional.empty(), Optional.empty(), false, LIMITS));
    Identity identity =
        users.authenticate(sign(HEADER, valid(",\"role\":\"admin\""))).orElseThrow();
    assertThat(identity.principal().admin()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"nOnE\"}",
        "{\"alg\":\"None\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"HS384\"}",
        "{\"alg\":\"ES256\"}",
        "{\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}",
        "{\"alg\":\"HS256\",\"crit\":[]}",
        "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}",
        "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}",
        "{\"alg\":\"HS256\",\"jku\":\"https://evil.example/keys\"}",
        "{\"alg\":\"HS256\",\"x5u\":\"https://evil.example/keys\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWE\"}",
        "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}",
        "[]",
        "nonsense"
      })
  void refusesOtherHeadersThoughTheSignatureIsRight(String header) {
    assertThat(tokens.authenticate(sign(header, valid("")))).isEmpty();
  }

  @Test
  void refusesOtherAlgorithmsAndSecrets() {
    String claims = valid("");
    assertThat(tokens.authenticate(sign("HmacSHA512", SECRET, "{\"alg\":\"HS512\"}", claims)))
        .isEmpty();
    assertThat(tokens.authenticate(sign("HmacSHA512", SECRET, HEADER, claims))).isEmpty();
    assertThat(tokens.authenticate(sign("HmacSHA256", SECRET + "x", HEADER, claims))).isEmpty();
    assertThat(tokens.authenticate(sign("HmacSHA256", " ", HEADER, claims))).isEmpty();
  }

  @Test
  void refusesAnotherWritingOfTheSameToken() {
    String token = sign(HEADER, valid(""));
    assertThat(tokens.authenticate(token)).isPresent();
    String[] parts = token.split("\\.");
    assertThat(tokens.authenticate(token + "=")).isEmpty();
    assertThat(tokens.authenticate(token + " ")).isEmpty();
    assertThat(tokens.authenticate(token + "\n")).isEmpty();
    assertThat(tokens.authenticate(parts[0] + "=." + parts[1] + "." + parts[2])).isEmpty();
    assertThat(tokens.authenticate(parts[0] + "." + parts[1] + ".")).isEmpty();
    assertThat(tokens.authenticate(parts[0] + "." + parts[1])).isEmpty();
    assertThat(tokens.authenticate(token + "." + parts[2])).isEmpty();
    assertThat(tokens.authenticate("..")).isEmpty();
    // 256 bits take 43 characters of 6: the last one has two bits that mean nothing.
    char last = token.charAt(token.length() - 1);
    for (char other :
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".toCharArray()) {
      if (other != last) {
        assertThat(tokens.authenticate(token.substring(0, token.length() - 1) + other))
            .as("last character %s instead of %s", other, last)
            .isEmpty();
      }
    }
  }

  @Test
  void refusesChangedClaims() {
    String[] parts = sign(HEADER, valid("")).split("\\.");
    String changed = base64(bytes(valid(",\"role\":\"admin\"")));
    assertThat(tokens.authenticate(parts[0] + "." + changed + "." + parts[2])).isEmpty();
  }

  @Test
  void needsACurrentTimeWithThirtySecondsOfGrace() {
    assertThat(withClaims("{\"sub\":\"ada\",\"exp\":" + (NOW - 29) + "}")).isPresent();
    assertThat(withClaims("{\"sub\":\"ada\",\"exp\":" + (NOW - 30) + "}")).isEmpty();
    assertThat(withClaims("{\"sub\":\"ada\"}")).isEmpty();
    assertThat(withClaims("{\"sub\":\"ada\",\"exp\":\"never\"}")).isEmpty();
    assertThat(withClaims(valid(",\"nbf\":" + (NOW + 30)))).isPresent();
    assertThat(withClaims(valid(",\"nbf\":" + (NOW + 31)))).isEmpty();
    assertThat(withClaims(valid(",\"iat\":" + (NOW + 30)))).isPresent();
    assertThat(withClaims(valid(",\"iat\":" + (NOW + 31)))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"role\":\"user\",\"role\":\"admin\"",
        ",\"role\":\"root\"",
        ",\"role\":[\"admin\"]",
        ",\"role\":true",
        ",\"rate_limit\":0",
        ",\"rate_limit\":-1",
        ",\"rate_limit\":1e30",
        ",\"rate_limit\":\"100\"",
        ",\"rate_limit\":100001",
        ",\"iat\":\"now\"",
        ",\"aud\":\"somebody-else\""
      })
  void refusesWrongClaims(String more) {
    assertThat(withClaims(valid(more))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\\nb", "a\\u0000", "a\\u202eb"})
  void refusesSubjectsThatLogsWouldChokeOn(String subject) {
    assertThat(withClaims("{\"sub\":\"" + subject + "\",\"exp\":" + (NOW + 60) + "}")).isEmpty();
    assertThat(withClaims("{\"exp\":" + (NOW + 60) + "}")).isEmpty();
    assertThat(withClaims("{\"sub\":5,\"exp\":" + (NOW + 60) + "}")).isEmpty();
    String longSubject = "a".repeat(129);
    assertThat(withClaims("{\"sub\":\"" + longSubject + "\",\"exp\":" + (NOW + 60) + "}"))
        .isEmpty();
  }

  @Test
  void checksIssuerAndAudience() {
    Tokens strict =
        tokens(new Tokens.Rules(Optional.of("house"), Optional.of("gate"), true, LIMITS));
    assertThat(strict.authenticate(sign(HEADER, valid(",\"iss\":\"house\",\"aud\":\"gate\""))))
        .isPresent();
    assertThat(
            strict.authenticate(
                sign(HEADER, valid(",\"iss\":\"house\",\"aud\":[\"door\",\"gate\"]"))))
        .isPresent();
    assertThat(strict.authenticate(sign(HEADER, valid(",\"iss\":\"hut\",\"aud\":\"gate\""))))
        .isEmpty();
    assertThat(strict.authenticate(sign(HEADER, valid(",\"iss\":\"house\",\"aud\":\"door\""))))
        .isEmpty();
    assertThat(strict.authenticate(sign(HEADER, valid(",\"iss\":\"house\"")))).isEmpty();
    assertThat(strict.authenticate(sign(HEADER, valid(",\"aud\":\"gate\"")))).isEmpty();
  }

  @Test
  void refusesWhatIsTooLong() {
    assertThat(withClaims(valid(",\"x\":\"" + "x".repeat(5000) + "\""))).isEmpty();
  }

  @Test
  void takesTheOldSecretWhileItIsChanged() {
    Tokens both =
        new Tokens(
            List.of(bytes("the new secret, of 32 bytes or so"), bytes(SECRET)),
            new Tokens.Rules(Optional.empty(), Optional.empty(), true, LIMITS),
            () -> Instant.ofEpochSecond(NOW));
    assertThat(both.authenticate(sign(HEADER, valid("")))).isPresent();
    assertThat(
            both.authenticate(
                sign("HmacSHA256", "the new secret, of 32 bytes or so", HEADER, valid(""))))
        .isPresent();
  }
}
