package io.tmac.gateway.testing;

import io.tmac.Model;
import io.tmac.ModelConfig;
import io.tmac.ModelOptions;
import io.tmac.format.F32;
import io.tmac.format.Int4;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model with random weights and a small vocabulary. It says nothing sensible, but fast. */
public final class TinyModel {
  /** Tokens of the context. */
  public static final int CONTEXT = 256;

  /** How conversations are written for it. */
  public static final String TEMPLATE =
      "{% for message in messages %}[{{ message.role }}] {{ message.content }}\n{% endfor %}"
          + "{% if add_generation_prompt %}[assistant] {% endif %}";

  private static final int BYTES = 256;
  private static final String[] WORDS = {
    " ", "a", "e", "i", "o", "n", "s", "t", "r", "th", "the", " the", " a", " once", " upon",
    " time", " sun", " moon", " star", " sea", " tree", " bird", " song", " night", " day", "é",
    "ü", "猫"
  };

  private TinyModel() {}

  /** A model that knows conversations. */
  public static Model chat() {
    return of(ModelOptions.DEFAULT.withChatTemplate(TEMPLATE));
  }

  /** A model without a chat template. */
  public static Model plain() {
    return of(ModelOptions.DEFAULT);
  }

  private static Model of(ModelOptions options) {
    try {
      Path file = Files.createTempFile("tiny", ".tokenizer.bin");
      try {
        Files.write(file, tokenizer());
        return Model.random(
            config(), new F32(), new Int4(), options.withThreads(1).withTokenizer(file));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelConfig config() {
    return new ModelConfig(32, 64, 2, 4, 2, 8, 3 + BYTES + WORDS.length, CONTEXT, 10000, 1e-5);
  }

  private static byte[] tokenizer() {
    return tokenizer(3 + BYTES + WORDS.length);
  }

  /** A tokenizer.bin with all bytes and some words, filled up to a number of tokens. */
  public static byte[] tokenizer(int size) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(16).array());
    for (String special : new String[] {"<unk>", "\n<s>\n", "\n</s>\n"}) {
      piece(out, special, 0);
    }
    for (int i = 0; i < BYTES; i++) {
      piece(out, "<0x%02X>".formatted(i), 0);
    }
    for (String word : WORDS) {
      piece(out, word, word.length());
    }
    for (int i = 3 + BYTES + WORDS.length; i < size; i++) {
      piece(out, " word" + i, 0);
    }
    return out.toByteArray();
  }

  private static void piece(ByteArrayOutputStream out, String text, float score) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer header = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    out.writeBytes(header.putFloat(score).putInt(bytes.length).array());
    out.writeBytes(bytes);
  }
}
