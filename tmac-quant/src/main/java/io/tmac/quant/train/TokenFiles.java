package io.tmac.quant.train;

import io.tmac.TmacException;
import io.tmac.quant.encode.OutputFile;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Turns texts into files of tokens. */
public final class TokenFiles {
  private static final int BUFFER = 1 << 16;

  private TokenFiles() {}

  /**
   * What was written.
   *
   * @param documents how many
   * @param tokens all together, those that begin documents included
   * @param bytes of the text, separators left out
   */
  public record Written(long documents, long tokens, long bytes) {}

  /**
   * Encodes a text. Each document begins with BOS. The file appears when it is complete.
   *
   * @param text UTF-8 text; lines that are {@code <|endoftext|>} separate documents
   * @param tokenizer at most 65,536 tokens, with BOS
   * @param out the file to write; replaced if it is there
   * @return what was written
   * @throws TmacException if the text is not UTF-8 or has no document, or the tokenizer has too
   *     many tokens or no BOS
   * @throws IOException if a file cannot be read or written
   */
  public static Written write(Path text, Tokenizer tokenizer, Path out) throws IOException {
    if (tokenizer.vocabSize() > TokenFile.LARGEST_VOCABULARY) {
      throw new TmacException(
          "a file of tokens takes vocabularies of up to "
              + TokenFile.LARGEST_VOCABULARY
              + " tokens, this one has "
              + tokenizer.vocabSize());
    }
    int first =
        tokenizer
            .bosId()
            .orElseThrow(() -> new TmacException("the tokenizer has no BOS to begin texts with"));
    try (OutputFile file = OutputFile.create(out)) {
      Encoder encoder = new Encoder(tokenizer, first, file);
      TrainingText.read(text, encoder);
      if (encoder.tokens < 2) {
        throw new TmacException(text + " has no text to train on");
      }
      encoder.finish();
      file.commit();
      return new Written(encoder.documents, encoder.tokens, encoder.bytes);
    }
  }

  /** Encodes document after document. */
  private static final class Encoder implements TrainingText.Documents {
    private final Tokenizer tokenizer;
    private final int first;
    private final OutputFile file;
    private final ByteBuffer buffer =
        ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    long documents;
    long tokens;
    long bytes;

    Encoder(Tokenizer tokenizer, int first, OutputFile file) throws IOException {
      this.tokenizer = tokenizer;
      this.first = first;
      this.file = file;
      file.channel().position(TokenFile.HEADER_BYTES);
    }

    @Override
    public void accept(String document) throws IOException {
      put(first);
      byte[] utf8 = document.getBytes(StandardCharsets.UTF_8);
      for (int id : tokenizer.encode(utf8, EncodeOptions.TEXT)) {
        put(id);
      }
      documents++;
      bytes += utf8.length;
    }

    private void put(int id) throws IOException {
      if (!buffer.hasRemaining()) {
        drain();
      }
      buffer.putShort((short) id);
      tokens++;
    }

    private void drain() throws IOException {
      file.write(buffer.flip());
      buffer.clear();
    }

    void finish() throws IOException {
      drain();
      ByteBuffer header =
          ByteBuffer.allocate(TokenFile.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      header.put(TokenFile.MAGIC.getBytes(StandardCharsets.ISO_8859_1));
      header.putInt(TokenFile.VERSION).putInt(tokenizer.vocabSize()).putInt(first).putLong(tokens);
      file.channel().position(0);
      file.write(header.flip());
    }
  }
}
