package io.tmac.testing;

import java.io.ByteArrayOutputStream;

/** The bytes of a file while it is written; numbers are little-endian. */
public final class FileBytes extends ByteArrayOutputStream {

  /** Appends an int32. */
  public FileBytes int32(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      write(value >> shift);
    }
    return this;
  }

  /** Appends several int32. */
  public FileBytes int32s(int... values) {
    for (int value : values) {
      int32(value);
    }
    return this;
  }

  /** Appends a float32. */
  public FileBytes float32(float value) {
    return int32(Float.floatToRawIntBits(value));
  }

  /** Appends a float16 and returns the value it stands for. */
  public float float16(float value) {
    short bits = Float.floatToFloat16(value);
    write(bits);
    write(bits >> 8);
    return Float.float16ToFloat(bits);
  }

  /** Appends Latin-1 characters. */
  public FileBytes text(String text) {
    text.chars().forEach(this::write);
    return this;
  }
}
