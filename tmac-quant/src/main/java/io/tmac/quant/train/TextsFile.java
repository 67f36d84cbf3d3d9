package io.tmac.quant.train;

import io.tmac.TmacException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;

/** A file of documents, each with its separator behind it, that grows. */
final class TextsFile implements Closeable {

  /** A separator in a text would make two texts of it. */
  private static final Pattern SEPARATOR_LINE =
      Pattern.compile(
          "^(" + Pattern.quote(TrainingText.END) + "|" + Pattern.quote(TrainingText.CUT) + ")$\n?",
          Pattern.MULTILINE | Pattern.UNIX_LINES);

  private final FileChannel channel;
  private final long texts;

  private TextsFile(FileChannel channel, long texts) {
    this.channel = channel;
    this.texts = texts;
  }

  /**
   * Opens a file, or makes one. What is behind the last separator is half a text and goes away.
   *
   * @throws TmacException if it is something else than a file of texts
   */
  static TextsFile open(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new FileSystemException(file.toString(), null, "not a regular file");
    }
    long texts = 0;
    long length = 0; // up to the last separator
    if (Files.exists(file)) {
      try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
        // The beginning of a line, one byte more than a separator may have.
        byte[] line = new byte[TrainingText.END.length() + 1];
        int size = 0;
        long at = 0;
        for (int b; (b = in.read()) >= 0; ) {
          at++;
          if (b == '\n') {
            if (isSeparator(line, size)) {
              texts++;
              length = at;
            }
            size = 0;
          } else if (size < line.length) {
            line[size++] = (byte) b;
          }
        }
        if (at > 0 && texts == 0) {
          throw new TmacException(
              file
                  + " is there and has no line "
                  + TrainingText.END
                  + ": it is no file of texts to go on with. Name another one, or remove it");
        }
      }
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.truncate(length).position(length);
    return new TextsFile(channel, texts);
  }

  private static boolean isSeparator(byte[] line, int size) {
    String text = new String(line, 0, size, StandardCharsets.ISO_8859_1);
    return text.equals(TrainingText.END) || text.equals(TrainingText.CUT);
  }

  /** The number of texts that were there when it was opened. */
  long texts() {
    return texts;
  }

  /**
   * Appends a text.
   *
   * @param ended whether it has its end
   */
  void add(String text, boolean ended) throws IOException {
    String document =
        SEPARATOR_LINE.matcher(text).replaceAll("").strip()
            + "\n"
            + (ended ? TrainingText.END : TrainingText.CUT)
            + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(document.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
