package io.tmac.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The metadata of a GGUF file without tensors, entry by entry. */
public final class GgufBytes {
  private final FileBytes entries = new FileBytes();
  private int count;

  /** Adds a string. */
  public GgufBytes string(String key, String value) {
    return entry(key, 8).text(value);
  }

  /** Adds a uint32. */
  public GgufBytes uint32(String key, int value) {
    entry(key, 4).entries.int32(value);
    return this;
  }

  /** Adds a bool. */
  public GgufBytes bool(String key, boolean value) {
    entry(key, 7).entries.write(value ? 1 : 0);
    return this;
  }

  /** Adds an array of strings. */
  public GgufBytes strings(String key, List<String> values) {
    array(key, 8, values.size());
    values.forEach(this::text);
    return this;
  }

  /** Adds an array of int32. */
  public GgufBytes ints(String key, int... values) {
    array(key, 5, values.length).entries.int32s(values);
    return this;
  }

  /** Adds an array of float32. */
  public GgufBytes floats(String key, float... values) {
    array(key, 6, values.length);
    for (float value : values) {
      entries.float32(value);
    }
    return this;
  }

  /** The file. */
  public byte[] bytes() {
    FileBytes file = new FileBytes().text("GGUF").int32(3).int32s(0, 0).int32s(count, 0);
    file.writeBytes(entries.toByteArray());
    return file.toByteArray();
  }

  /** The file in native memory, like a mapped one. */
  public MemorySegment segment() {
    byte[] bytes = bytes();
    return Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
  }

  private GgufBytes entry(String key, int type) {
    count++;
    text(key).entries.int32(type);
    return this;
  }

  private GgufBytes array(String key, int type, int size) {
    entry(key, 9).entries.int32(type).int32s(size, 0);
    return this;
  }

  private GgufBytes text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    entries.int32s(utf8.length, 0).writeBytes(utf8);
    return this;
  }
}
