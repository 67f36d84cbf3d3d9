package io.tmac.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Server-sent events as the standard has them. */
class EventReaderTest {
  private static List<String> events(String text) throws IOException {
    EventReader reader =
        new EventReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    List<String> all = new ArrayList<>();
    for (String data = reader.next(); data != null; data = reader.next()) {
      all.add(data);
    }
    return all;
  }

  @Test
  void linesMayEndInThreeWays() throws IOException {
    assertThat(events("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n"))
        .containsExactly("a", "b", "c", "d");
  }

  @Test
  void severalLinesAreOneEvent() throws IOException {
    assertThat(events("data: a\ndata:b\ndata:  c\n\n")).containsExactly("a\nb\n c");
  }

  @Test
  void commentsAndOtherFieldsAreSkipped() throws IOException {
    assertThat(events(": ping\n\nevent: x\nid: 1\n\ndata: é\n\n")).containsExactly("é");
  }

  @Test
  void anEventThatIsCutIsNone() throws IOException {
    assertThat(events("data: a\n\ndata: b\n")).containsExactly("a");
    assertThat(events("data: a\n\ndata: b")).containsExactly("a");
  }

  @Test
  void eventsHaveALargestSize() {
    assertThatThrownBy(() -> events("data: " + "x".repeat(2 << 20)))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> events("data: xxxxxxxx\n".repeat(1 << 18)))
        .isInstanceOf(IOException.class);
  }
}
