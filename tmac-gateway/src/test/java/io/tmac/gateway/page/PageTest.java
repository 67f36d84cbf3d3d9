package io.tmac.gateway.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.gateway.Gateway;
import io.tmac.gateway.testing.Http;
import io.tmac.gateway.testing.Http.Reply;
import io.tmac.gateway.testing.TinyModel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** What browsers get at the root; what the page does there, ClientsTest tells. */
class PageTest {
  @Test
  void browsersGetThePageAndOthersJson() throws Exception {
    try (var model = TinyModel.plain();
        Gateway gateway =
            Gateway.builder()
                .model("tiny", model)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .start()) {
      Http http = new Http(gateway.address());
      Reply page = http.get("/", "Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
      assertThat(page.header("Vary")).isEqualTo("Accept");
      assertThat(page.header("Content-Security-Policy"))
          .startsWith("default-src 'none'; script-src 'sha256-")
          .contains("connect-src 'self'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
      // One script, one style, nothing from elsewhere, and no way for text to become HTML.
      assertThat(page.body().split("<script", -1)).hasSize(2);
      assertThat(page.body().split("<style", -1)).hasSize(2);
      assertThat(page.body().replace("http://www.w3.org/2000/svg", ""))
          .doesNotContain(
              "http://", "https://", "innerHTML", "localStorage", " style=", " onclick");
      Reply json = http.get("/", "Accept", "application/json");
      assertThat(json.json().path("service").asString()).isEqualTo("tmac-gateway");
      assertThat(http.get("/").json().path("endpoints").isObject()).isTrue();
    }
  }
}
