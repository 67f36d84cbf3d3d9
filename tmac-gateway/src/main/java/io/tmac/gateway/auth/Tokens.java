package io.tmac.gateway.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.tmac.gateway.http.Principal;
import io.tmac.gateway.limit.Limits;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tokens that others have signed: JWT (RFC 7519) with HS256. The claims {@code sub} and {@code exp}
 * are required; {@code iat}, {@code nbf}, {@code role}, {@code rate_limit}, {@code iss}, {@code
 * aud} and {@code jti} are understood. Safe for use by many threads.
 */
public final class Tokens {
  /** Clocks may differ by this much. */
  private static final Duration SKEW = Duration.ofSeconds(30);

  private static final int MAX_LENGTH = 4096;
  private static final int MAX_REQUESTS = 100_000;

  /** Decoders forgive other characters, so that one token could be written in many ways. */
  private static final Pattern FORM =
      Pattern.compile("[A-Za-z0-9_-]{1,1024}\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  private static final Pattern SUBJECT =
      Pattern.compile("[^\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}]{1,128}");

  /** Headers that name or bring a key: there is one key, and it is here. */
  private static final List<String> FOREIGN_KEYS =
      List.of("jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit");

  private final List<byte[]> secrets;
  private final Rules rules;
  private final InstantSource clock;

  /**
   * What is asked of tokens.
   *
   * @param issuer {@code iss} they must have
   * @param audience {@code aud} they must have; without one, they must have none
   * @param admins whether they may make administrators
   * @param limits what they may use unless they say otherwise
   */
  public record Rules(
      Optional<String> issuer, Optional<String> audience, boolean admins, Limits limits) {}

  /**
   * Creates a reader.
   *
   * @param secrets of at least 32 bytes each; a token must be signed with one of them
   * @param rules what is asked of tokens
   */
  public Tokens(List<byte[]> secrets, Rules rules) {
    this(secrets, rules, InstantSource.system());
  }

  Tokens(List<byte[]> secrets, Rules rules, InstantSource clock) {
    this.secrets = List.copyOf(secrets);
    this.rules = rules;
    this.clock = clock;
  }

  /** Whether somebody means this to be a token. */
  static boolean hasForm(String text) {
    return text.chars().filter(c -> c == '.').count() == 2;
  }

  /** Reads a token. Why one is refused is not told. */
  Optional<Identity> authenticate(String token) {
    if (token.length() > MAX_LENGTH || !FORM.matcher(token).matches()) {
      return Optional.empty();
    }
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      if (!isStrict(jwt) || !isAllowed(jwt.getHeader()) || !isSigned(jwt)) {
        return Optional.empty();
      }
      // The library would make a text of a number.
      Map<String, Object> claims = jwt.getPayload().toJSONObject();
      if (claims == null || !(claims.get("sub") instanceof String)) {
        return Optional.empty();
      }
      return read(jwt.getJWTClaimsSet());
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The last character of base64 may have bits that mean nothing; they must be zero. */
  private static boolean isStrict(SignedJWT jwt) {
    for (Base64URL part : jwt.getParsedParts()) {
      if (!Base64URL.encode(part.decode()).equals(part)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isAllowed(JWSHeader header) throws ParseException {
    JOSEObjectType type = header.getType();
    // The library forgets what it does not understand, such as an empty "crit".
    Set<String> fields =
        JSONObjectUtils.parse(header.getParsedBase64URL().decodeToString()).keySet();
    return header.getAlgorithm().equals(JWSAlgorithm.HS256)
        && (type == null || type.equals(JOSEObjectType.JWT))
        && FOREIGN_KEYS.stream().noneMatch(fields::contains);
  }

  private boolean isSigned(SignedJWT jwt) throws JOSEException {
    for (byte[] secret : secrets) {
      if (jwt.verify(new MACVerifier(secret))) {
        return true;
      }
    }
    return false;
  }

  private Optional<Identity> read(JWTClaimsSet claims) throws ParseException {
    String subject = claims.getSubject();
    if (subject == null || !SUBJECT.matcher(subject).matches() || !isCurrent(claims)) {
      return Optional.empty();
    }
    if (rules.issuer().isPresent() && !rules.issuer().get().equals(claims.getIssuer())) {
      return Optional.empty();
    }
    // A token that was made for somebody else must not be used here (RFC 7519, 4.1.3).
    List<String> audience = claims.getAudience();
    if (rules.audience().isPresent()
        ? !audience.contains(rules.audience().get())
        : !audience.isEmpty()) {
      return Optional.empty();
    }
    Object role = claims.getClaim("role");
    if (role != null && !Set.of("admin", "user").contains(role)) {
      return Optional.empty();
    }
    int requests = rules.limits().requests();
    if (claims.getClaim("rate_limit") instanceof Object limit) {
      if (!(limit instanceof Long number) || number < 1 || number > MAX_REQUESTS) {
        return Optional.empty();
      }
      requests = number.intValue();
    }
    // Ids of keys never begin like this, so that no subject can pass for a key.
    Principal principal =
        new Principal("sub:" + subject, subject, "admin".equals(role) && rules.admins());
    Limits limits =
        new Limits(requests, rules.limits().parallel(), rules.limits().tokensPerMinute());
    return Optional.of(new Identity(principal, limits, Set.of()));
  }

  private boolean isCurrent(JWTClaimsSet claims) {
    Date expires = claims.getExpirationTime();
    Instant now = clock.instant();
    return expires != null
        && now.minus(SKEW).isBefore(expires.toInstant())
        && !isAhead(claims.getIssueTime(), now)
        && !isAhead(claims.getNotBeforeTime(), now);
  }

  private static boolean isAhead(Date time, Instant now) {
    return time != null && time.toInstant().isAfter(now.plus(SKEW));
  }
}
