package io.tmac.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouterTest {
  private final Router router =
      new Router(
          List.of(
              route("GET", "/api/keys", Access.ADMIN),
              route("POST", "/api/keys", Access.ADMIN),
              route("DELETE", "/api/keys/{id}", Access.ADMIN),
              route("GET", "/api/keys/mine", Access.USER),
              route("GET", "/api/keys/{id}", Access.ADMIN),
              route("GET", "/", Access.PUBLIC),
              route("GET", "/live", Access.PUBLIC)));

  private static Route route(String method, String path, Access access) {
    return new Route(method, path, access, "", call -> {});
  }

  @Test
  void findsExactPathsBeforeVariableSegments() {
    assertThat(router.find("GET", "/api/keys/mine").route().path()).isEqualTo("/api/keys/mine");
    assertThat(router.find("GET", "/api/keys/k1").value()).isEqualTo("k1");
    assertThat(router.find("GET", "/").route().path()).isEqualTo("/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/api/keysfoo", "/api/keys/", "/api/keys/a/b", "/API/keys", "/api", "", "/live/"})
  void pathsAreNotPrefixes(String path) {
    assertThatThrownBy(() -> router.find("GET", path))
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(404));
  }

  @Test
  void anotherMethodIs405WithThoseThatThereAre() {
    assertThatThrownBy(() -> router.find("PUT", "/api/keys"))
        .isInstanceOfSatisfying(
            ApiError.class,
            e -> {
              assertThat(e.status()).isEqualTo(405);
              assertThat(e.headers()).containsEntry("Allow", "GET, HEAD, POST");
            });
    assertThat(router.find("HEAD", "/api/keys").route().method()).isEqualTo("GET");
    assertThatThrownBy(() -> router.find("get", "/live")).isInstanceOf(ApiError.class);
  }

  @Test
  void aPathNeedsNoKeyOnlyIfAllOfItsRoutesArePublic() {
    assertThat(router.isPublic("/live")).isTrue();
    assertThat(router.isPublic("/")).isTrue();
    assertThat(router.isPublic("/api/keys/mine")).isFalse();
    assertThat(router.isPublic("/nowhere")).isFalse();
  }
}
