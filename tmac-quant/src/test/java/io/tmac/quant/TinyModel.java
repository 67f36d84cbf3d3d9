package io.tmac.quant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A llama2.c v0 model of one layer whose floats count up from 0 in steps of 1/1024, and a tokenizer
 * for it: {@code <unk>}, BOS, EOS, a space and the letters a to l.
 */
public final class TinyModel {
  public static final int DIM = 8;
  public static final int HIDDEN_DIM = 12;
  public static final int VOCAB_SIZE = 16;
  public static final int CONTEXT_LENGTH = 32;
  private static final int KV_DIM = 4;

  /** Floats of each tensor in file order, RoPE tables included. */
  private static final int[] SIZES = {
    VOCAB_SIZE * DIM, // tok_embeddings
    DIM, // attention_norm
    DIM * DIM, // wq
    KV_DIM * DIM, // wk
    KV_DIM * DIM, // wv
    DIM * DIM, // wo
    DIM, // ffn_norm
    HIDDEN_DIM * DIM, // w1
    DIM * HIDDEN_DIM, // w2
    HIDDEN_DIM * DIM, // w3
    DIM, // norm
    CONTEXT_LENGTH * 2, // cosines
    CONTEXT_LENGTH * 2 // sines
  };

  private TinyModel() {}

  /** Writes the model. */
  public static Path write(Path file) throws IOException {
    int floats = 0;
    for (int size : SIZES) {
      floats += size;
    }
    ByteBuffer bytes = ByteBuffer.allocate(28 + floats * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int field : new int[] {DIM, HIDDEN_DIM, 1, 2, 1, VOCAB_SIZE, CONTEXT_LENGTH}) {
      bytes.putInt(field);
    }
    for (int i = 0; i < floats; i++) {
      bytes.putFloat(value(i));
    }
    return Files.write(file, bytes.array());
  }

  /** The float with this index behind the header. */
  public static float value(int index) {
    return index / 1024f;
  }

  /** Index of the first float of a tensor, counted in file order. */
  public static int firstFloat(int tensor) {
    int first = 0;
    for (int t = 0; t < tensor; t++) {
      first += SIZES[t];
    }
    return first;
  }

  /** Writes a tokenizer of {@code size} tokens; {@link #VOCAB_SIZE} fits the model. */
  public static Path writeTokenizer(Path file, int size) throws IOException {
    List<String> pieces = new ArrayList<>(List.of("<unk>", "\n<s>\n", "\n</s>\n", " "));
    for (char letter = 'a'; pieces.size() < size; letter++) {
      pieces.add(String.valueOf(letter));
    }
    ByteBuffer bytes = ByteBuffer.allocate(4 + size * 16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(6);
    for (String piece : pieces) {
      byte[] utf8 = piece.getBytes(StandardCharsets.UTF_8);
      bytes.putFloat(0).putInt(utf8.length).put(utf8);
    }
    byte[] content = new byte[bytes.position()];
    bytes.flip().get(content);
    return Files.write(file, content);
  }
}
