package io.tmac.quant.train;

import io.tmac.TmacException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads documents from a stream of UTF-8 text, in little memory whatever its length.
 *
 * <pre>
 *   text of a document, any number of lines
 *   &lt;|endoftext|&gt;
 *   text of the next one
 *   &lt;|cut|&gt;
 * </pre>
 */
public final class TrainingText {

  /** The line behind a document. */
  static final String END = "<|endoftext|>";

  /** The line behind a document whose end is missing. */
  static final String CUT = "<|cut|>";

  /** Takes a text character by character. */
  interface Sink {

    /** Takes a character of the document. */
    void accept(int codePoint);

    /** The document ends; another one may follow. */
    void endDocument() throws IOException;
  }

  /** Takes documents. */
  @FunctionalInterface
  interface Documents {

    /** Takes one that is not empty, without the white space around it. */
    void accept(String document) throws IOException;
  }

  private static final int BUFFER = 1 << 16;

  private final String name;
  private final Sink sink;

  /** The beginning of a line, as long as it may be a separator. */
  private final StringBuilder line = new StringBuilder();

  /** Whether the line so far is in {@link #line}. */
  private boolean held = true;

  private TrainingText(String name, Sink sink) {
    this.name = name;
    this.sink = sink;
  }

  /**
   * Reads the documents of a file.
   *
   * @param text a file of UTF-8 text; a line {@code <|endoftext|>} or {@code <|cut|>} is behind
   *     each
   * @return those that are not empty, without the white space around them
   * @throws TmacException if it is not UTF-8
   * @throws IOException if it cannot be read
   */
  public static List<String> documents(Path text) throws IOException {
    List<String> documents = new ArrayList<>();
    read(text, documents::add);
    return documents;
  }

  /**
   * Reads a file, one document in memory at a time.
   *
   * @throws TmacException if it is not UTF-8
   */
  static void read(Path text, Documents documents) throws IOException {
    StringBuilder document = new StringBuilder();
    Sink sink =
        new Sink() {
          @Override
          public void accept(int codePoint) {
            document.appendCodePoint(codePoint);
          }

          @Override
          public void endDocument() throws IOException {
            String found = document.toString().strip();
            document.setLength(0);
            if (!found.isEmpty()) {
              documents.accept(found);
            }
          }
        };
    try (InputStream in = new BufferedInputStream(Files.newInputStream(text))) {
      read(in, text.toString(), sink);
    }
  }

  /**
   * Reads a stream to its end.
   *
   * @param name what errors call it
   * @throws TmacException if it is not UTF-8
   */
  static void read(InputStream in, String name, Sink sink) throws IOException {
    new TrainingText(name, sink).read(in);
  }

  private void read(InputStream in) throws IOException {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
    CharBuffer characters = CharBuffer.allocate(BUFFER);
    long offset = 0; // of the first byte in the buffer
    boolean end = false;
    while (!end) {
      int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
      end = count < 0;
      bytes.position(bytes.position() + Math.max(count, 0)).flip();
      CoderResult result = decoder.decode(bytes, characters, end);
      if (result.isError()) {
        throw invalid(offset + bytes.position(), bytes.get());
      }
      offset += bytes.position();
      bytes.compact();
      accept(characters.flip());
      characters.clear();
    }
    endLine();
    sink.endDocument();
  }

  private TmacException invalid(long offset, byte found) {
    return new TmacException(
        String.format(
            Locale.ROOT,
            "%s, offset %d: expected UTF-8 text, found byte 0x%02x; convert the file to UTF-8",
            name,
            offset,
            found & 0xFF));
  }

  private void accept(CharBuffer characters) throws IOException {
    int count = characters.remaining();
    for (int at = 0; at < count; ) {
      int character = Character.codePointAt(characters, at);
      at += Character.charCount(character);
      if (character == '\n') {
        acceptLineFeed();
      } else if (!held) {
        sink.accept(character);
      } else {
        line.appendCodePoint(character);
        if (line.length() > END.length() + 1) {
          release();
        }
      }
    }
  }

  private void acceptLineFeed() throws IOException {
    if (!endLine()) {
      sink.accept('\n');
    }
  }

  /** Says whether the line was a separator; otherwise it has become text. */
  private boolean endLine() throws IOException {
    boolean separator = held && isSeparator();
    if (separator) {
      sink.endDocument();
    } else {
      release();
    }
    line.setLength(0);
    held = true;
    return separator;
  }

  private boolean isSeparator() {
    boolean windows = !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
    CharSequence bare = windows ? line.subSequence(0, line.length() - 1) : line;
    return END.contentEquals(bare) || CUT.contentEquals(bare);
  }

  private void release() {
    line.codePoints().forEach(sink::accept);
    line.setLength(0);
    held = false;
  }
}
