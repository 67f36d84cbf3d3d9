package io.tmac.gateway.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Keyed hashes of API keys: HMAC-SHA-256 with a key that HKDF (RFC 5869) derives from JWT_SECRET.
 * So the database alone neither gives keys away nor lets whoever writes to it make one up.
 */
final class KeyHash {
  private final SecretKey key;

  /** Names the secret without giving it away; stands beside each hash. */
  private final String label;

  KeyHash(byte[] secret) {
    try {
      key =
          KDF.getInstance("HKDF-SHA256")
              .deriveKey(
                  "HmacSHA256",
                  HKDFParameterSpec.ofExtract()
                      .addIKM(secret)
                      .thenExpand("tmac-gateway api keys".getBytes(StandardCharsets.UTF_8), 32));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no HKDF-SHA256", e);
    }
    label = of("label").substring(0, 8);
  }

  /** Returns the hash, 64 hexadecimal digits. */
  String of(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no HmacSHA256", e);
    }
  }

  String label() {
    return label;
  }
}
