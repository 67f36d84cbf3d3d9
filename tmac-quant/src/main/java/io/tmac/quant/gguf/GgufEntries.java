package io.tmac.quant.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metadata entries in the bytes of a GGUF file, in the order in which they were put. {@code
 * io.tmac.checkpoint.gguf.GgufMetadata} draws them.
 */
public final class GgufEntries {
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  /** Begins without entries. */
  public GgufEntries() {}

  /** Returns the number of entries. */
  public int count() {
    return entries.size();
  }

  /** Whether there is an entry with this key. */
  public boolean has(String key) {
    return entries.containsKey(key);
  }

  /** Returns the bytes of all entries. */
  public byte[] bytes() {
    int size = entries.values().stream().mapToInt(entry -> entry.length).sum();
    ByteBuffer all = ByteBuffer.allocate(size);
    entries.values().forEach(all::put);
    return all.array();
  }

  /** Puts an entry as another file has it. */
  void copy(String key, MemorySegment entry) {
    entries.put(key, entry.toArray(ValueLayout.JAVA_BYTE));
  }

  void string(String key, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    put(key, begin(key, STRING, Long.BYTES + utf8.length).putLong(utf8.length).put(utf8));
  }

  void uint32(String key, int value) {
    put(key, begin(key, UINT32, Integer.BYTES).putInt(value));
  }

  void float32(String key, float value) {
    put(key, begin(key, FLOAT32, Float.BYTES).putFloat(value));
  }

  void bool(String key, boolean value) {
    put(key, begin(key, BOOL, 1).put((byte) (value ? 1 : 0)));
  }

  void strings(String key, List<String> values) {
    List<byte[]> all = values.stream().map(v -> v.getBytes(StandardCharsets.UTF_8)).toList();
    int size = all.stream().mapToInt(utf8 -> Long.BYTES + utf8.length).sum();
    ByteBuffer entry = beginArray(key, STRING, all.size(), size);
    all.forEach(utf8 -> entry.putLong(utf8.length).put(utf8));
    put(key, entry);
  }

  void floats(String key, float[] values) {
    ByteBuffer entry = beginArray(key, FLOAT32, values.length, values.length * Float.BYTES);
    for (float value : values) {
      entry.putFloat(value);
    }
    put(key, entry);
  }

  void ints(String key, int[] values) {
    ByteBuffer entry = beginArray(key, INT32, values.length, values.length * Integer.BYTES);
    for (int value : values) {
      entry.putInt(value);
    }
    put(key, entry);
  }

  private static ByteBuffer begin(String key, int type, int size) {
    byte[] utf8 = key.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + utf8.length + Integer.BYTES + size)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(utf8.length)
        .put(utf8)
        .putInt(type);
  }

  private static ByteBuffer beginArray(String key, int type, int count, int size) {
    return begin(key, ARRAY, Integer.BYTES + Long.BYTES + size).putInt(type).putLong(count);
  }

  private void put(String key, ByteBuffer entry) {
    entries.put(key, entry.array());
  }
}
