package io.tmac.gateway.auth;

import io.tmac.gateway.limit.Limits;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What is known about an API key. The key itself is not: whoever lost it needs a new one.
 *
 * @param id public name of the key, in paths and statistics
 * @param preview its first characters
 * @param name what people call it; no two keys have the same
 * @param admin whether it may administrate
 * @param limits how much it may ask for
 * @param models what it may use; empty for all
 * @param createdAt when it was made
 * @param expiresAt from when on it is refused
 * @param lastUsedAt when it was last used, to within seconds
 * @param active false once it was revoked
 */
record ApiKey(
    String id,
    String preview,
    String name,
    boolean admin,
    Limits limits,
    Set<String> models,
    Instant createdAt,
    Optional<Instant> expiresAt,
    Optional<Instant> lastUsedAt,
    boolean active) {
  static final String PREFIX = "tmac-";
  private static final int RANDOM_LENGTH = 32;
  private static final int PREVIEW_LENGTH = 12;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final Pattern FORM =
      Pattern.compile(PREFIX + "[A-Za-z0-9]{" + RANDOM_LENGTH + "}");
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Makes a key: 190 random bits. */
  static String newSecret() {
    return PREFIX + random(RANDOM_LENGTH);
  }

  /** Makes an id. */
  static String newId() {
    return "key-" + random(16);
  }

  private static String random(int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return text.toString();
  }

  static boolean hasForm(String text) {
    return FORM.matcher(text).matches();
  }

  static String preview(String secret) {
    return secret.substring(0, PREVIEW_LENGTH) + "...";
  }

  /** Whether it opens the door now. */
  boolean isUsable(Instant now) {
    return active && expiresAt.map(now::isBefore).orElse(true);
  }

  /** What administrators see. */
  Map<String, Object> describe() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", id);
    fields.put("key", preview);
    fields.put("name", name);
    fields.put("role", role(admin));
    fields.put("rate_limit", limits.requests());
    fields.put("parallel_limit", limits.parallel());
    fields.put("tokens_per_minute", limits.tokensPerMinute());
    fields.put("models", models);
    fields.put("is_active", active);
    fields.put("created_at", createdAt.toString());
    fields.put("expires_at", expiresAt.map(Instant::toString).orElse(null));
    fields.put("last_used_at", lastUsedAt.map(Instant::toString).orElse(null));
    return fields;
  }

  static String role(boolean admin) {
    return admin ? "admin" : "user";
  }
}
