package io.tmac.gateway.page;

import io.tmac.gateway.http.Call;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The page for browsers: one file with everything in it. Its Content-Security-Policy allows the
 * script and the style of that file, by their hashes, and requests to this server; nothing else.
 */
public final class Page {
  private static final Pattern SCRIPT = Pattern.compile("<script>(.*?)</script>", Pattern.DOTALL);
  private static final Pattern STYLE = Pattern.compile("<style>(.*?)</style>", Pattern.DOTALL);

  private final byte[] html = read();
  private final String policy = policy(new String(html, StandardCharsets.UTF_8));

  private static byte[] read() {
    try (InputStream in = Page.class.getResourceAsStream("index.html")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String policy(String html) {
    return "default-src 'none'; script-src '"
        + hash(SCRIPT, html)
        + "'; style-src '"
        + hash(STYLE, html)
        + "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
        + " frame-ancestors 'none'";
  }

  private static String hash(Pattern element, String html) {
    Matcher matcher = element.matcher(html);
    if (!matcher.find()) {
      throw new IllegalStateException("the page has no " + element);
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(matcher.group(1).getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }

  /** Sends the page. */
  public void send(Call call) throws IOException {
    call.replyHeaders().set("Content-Security-Policy", policy);
    call.replyHeaders().set("Cache-Control", "no-cache");
    call.reply(200, "text/html; charset=utf-8", html);
  }
}
