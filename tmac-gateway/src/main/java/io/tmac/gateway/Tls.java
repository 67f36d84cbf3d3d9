package io.tmac.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.util.Collections;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** TLS from a PKCS12 file with a certificate and its key. */
final class Tls {
  private Tls() {}

  /** Returns what the settings ask for. */
  static Optional<SSLContext> of(GatewaySettings settings) {
    return settings
        .find(Setting.TLS_KEYSTORE)
        .map(file -> read(Path.of(file), settings.get(Setting.TLS_PASSWORD)));
  }

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException with one sentence if it does not give a certificate and a key
   */
  static SSLContext read(Path file, String password) {
    char[] characters = password.toCharArray();
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, characters);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, characters);
      if (!hasKey(store)) {
        throw new IllegalArgumentException(
            "GATEWAY_TLS_KEYSTORE has no private key with a certificate: " + file);
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (IOException e) {
      boolean wrongPassword = e.getCause() instanceof UnrecoverableKeyException;
      throw new IllegalArgumentException(
          wrongPassword
              ? "GATEWAY_TLS_PASSWORD does not open " + file
              : "GATEWAY_TLS_KEYSTORE is not a PKCS12 file that can be read: " + file,
          e);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("GATEWAY_TLS_KEYSTORE cannot be used: " + file, e);
    }
  }

  private static boolean hasKey(KeyStore store) throws GeneralSecurityException {
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias) && store.getCertificate(alias) != null) {
        return true;
      }
    }
    return false;
  }
}
