package io.tmac.checkpoint.gguf;

import io.tmac.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The metadata of a GGUF file: values by key. They stay in the file until they are asked for; all
 * lengths have been checked by then.
 *
 * <pre>
 *   entry:  string key | uint32 type | value
 *   types:  0 uint8  1 int8  2 uint16  3 int16  4 uint32  5 int32  6 float32  7 bool (a byte)
 *           8 string  9 array  10 uint64  11 int64  12 float64
 *   array:  uint32 type of the elements | uint64 count | elements, which may be arrays
 * </pre>
 *
 * <p>Getters are lenient about the width of numbers, because writers differ in it. Each throws
 * {@link ModelFormatException} if the value is of another kind, and returns empty if there is none.
 */
public final class GgufMetadata {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Longest array of the JVM. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private static final int MAX_KEY_BYTES = 65535;

  /** Arrays in arrays; no known key has any. */
  private static final int MAX_DEPTH = 4;

  /** An empty key, a type and a byte. */
  private static final int MIN_ENTRY_BYTES = 8 + 4 + 1;

  /** The types of values, in the order of their numbers, with the bytes of a value at least. */
  private enum Type {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final Type[] ALL = values();

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    boolean isInteger() {
      return switch (this) {
        case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
        default -> false;
      };
    }

    boolean isFloat() {
      return this == FLOAT32 || this == FLOAT64;
    }
  }

  /**
   * Where a value lies.
   *
   * @param type its type, or that of its elements
   * @param count number of elements, -1 if it is not an array
   * @param offset offset of the value or the first element
   * @param start offset of the whole entry, which begins with the key
   * @param end offset behind it
   */
  private record Value(Type type, long count, long offset, long start, long end) {
    boolean isArray() {
      return count >= 0;
    }

    String kind() {
      return isArray() ? "an array of " + count + " " + type : type.toString();
    }
  }

  private final String source;
  private final MemorySegment file;
  private final Map<String, Value> values = new LinkedHashMap<>();

  private GgufMetadata(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  /** Reads the entries of a file, but not their values. */
  static GgufMetadata read(GgufCursor in, long entries) {
    GgufMetadata metadata = new GgufMetadata(in.source(), in.file());
    in.requireRoom(entries, MIN_ENTRY_BYTES, "metadata entries");
    for (long i = 0; i < entries; i++) {
      long start = in.position();
      String key = in.string(MAX_KEY_BYTES, "a metadata key");
      if (metadata.values.put(key, value(in, key, start)) != null) {
        throw in.fault(start, "keys that differ", "a second " + key);
      }
    }
    return metadata;
  }

  private static Value value(GgufCursor in, String key, long start) {
    Type type = type(in, key);
    if (type != Type.ARRAY) {
      long offset = in.position();
      skip(in, type, key);
      return new Value(type, -1, offset, start, in.position());
    }
    Type elements = type(in, key);
    long count = count(in, elements, key);
    long offset = in.position();
    skip(in, elements, count, key, 1);
    return new Value(elements, count, offset, start, in.position());
  }

  private static Type type(GgufCursor in, String key) {
    long at = in.position();
    int type = in.int32("the type of " + key);
    if (type < 0 || type >= Type.ALL.length) {
      throw in.fault(
          at,
          "a type from 0 to " + (Type.ALL.length - 1) + " of " + key,
          "type " + Integer.toUnsignedString(type));
    }
    return Type.ALL[type];
  }

  private static long count(GgufCursor in, Type elements, String key) {
    long count = in.uint64("the length of " + key);
    in.requireRoom(count, elements.bytes, "elements of " + key);
    return count;
  }

  private static void skip(GgufCursor in, Type elements, long count, String key, int depth) {
    switch (elements) {
      case STRING -> {
        String what = "the length of " + key; // Vocabularies have 100,000 strings.
        for (long i = 0; i < count; i++) {
          in.skip(in.uint64(what), key);
        }
      }
      case ARRAY -> {
        if (depth == MAX_DEPTH) {
          throw in.fault(
              in.position(), "arrays nested " + MAX_DEPTH + " deep at most", "more in " + key);
        }
        for (long i = 0; i < count; i++) {
          Type inner = type(in, key);
          skip(in, inner, count(in, inner, key), key, depth + 1);
        }
      }
      default -> in.skip(count * elements.bytes, key);
    }
  }

  private static void skip(GgufCursor in, Type type, String key) {
    in.skip(type == Type.STRING ? in.uint64("the length of " + key) : type.bytes, key);
  }

  /** Returns all keys, in file order. */
  public Set<String> keys() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /**
   * Returns an entry as it is in the file, for a file that shall have it too.
   *
   * @param key one of {@link #keys}
   * @return the bytes of key, type and value
   */
  public MemorySegment entry(String key) {
    Value value = values.get(key);
    return file.asSlice(value.start, value.end - value.start);
  }

  /** Returns a string; bytes that are not UTF-8 become U+FFFD. */
  public Optional<String> string(String key) {
    Value value = scalar(key, "a string");
    if (value == null) {
      return Optional.empty();
    }
    if (value.type != Type.STRING) {
      throw mismatch(key, "a string", value);
    }
    return Optional.of(string(key, value.offset));
  }

  /** Returns an integer of any width below 2^63. */
  public OptionalLong integer(String key) {
    Value value = scalar(key, "an integer");
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!value.type.isInteger()) {
      throw mismatch(key, "an integer", value);
    }
    return OptionalLong.of(integer(key, value.type, value.offset));
  }

  /** Returns a number: a float of any width, or an integer. */
  public OptionalDouble number(String key) {
    Value value = scalar(key, "a number");
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (!value.type.isInteger() && !value.type.isFloat()) {
      throw mismatch(key, "a number", value);
    }
    return OptionalDouble.of(number(key, value.type, value.offset));
  }

  /** Returns a truth value; every byte but 0 is true. */
  public Optional<Boolean> bool(String key) {
    Value value = scalar(key, "a bool");
    if (value == null) {
      return Optional.empty();
    }
    if (value.type != Type.BOOL) {
      throw mismatch(key, "a bool", value);
    }
    return Optional.of(file.get(ValueLayout.JAVA_BYTE, value.offset) != 0);
  }

  /** Whether a key has an array. */
  public boolean isArray(String key) {
    Value value = values.get(key);
    return value != null && value.isArray();
  }

  /** Returns the length of an array of strings, 0 if there is none. */
  public long stringCount(String key) {
    Value value = stringArray(key);
    return value == null ? 0 : value.count;
  }

  private Value stringArray(String key) {
    Value value = array(key, "an array of strings");
    if (value != null && value.type != Type.STRING) {
      throw mismatch(key, "an array of strings", value);
    }
    return value;
  }

  /** Returns an array of strings; bytes that are not UTF-8 become U+FFFD. */
  public Optional<String[]> strings(String key) {
    Value value = stringArray(key);
    if (value == null) {
      return Optional.empty();
    }
    String[] strings = new String[length(key, value)];
    long offset = value.offset;
    for (int i = 0; i < strings.length; i++) {
      strings[i] = string(key, offset);
      offset += Long.BYTES + file.get(LONG, offset);
    }
    return Optional.of(strings);
  }

  /** Returns an array of integers, which must fit into an int. */
  public Optional<int[]> ints(String key) {
    Value value = array(key, "an array of integers");
    if (value == null) {
      return Optional.empty();
    }
    if (!value.type.isInteger()) {
      throw mismatch(key, "an array of integers", value);
    }
    int[] ints = new int[length(key, value)];
    for (int i = 0; i < ints.length; i++) {
      long element = integer(key, value.type, value.offset + (long) i * value.type.bytes);
      if (element != (int) element) {
        throw fault(key, "integers below 2^31", element);
      }
      ints[i] = (int) element;
    }
    return Optional.of(ints);
  }

  /** Returns an array of numbers. */
  public Optional<float[]> floats(String key) {
    Value value = array(key, "an array of numbers");
    if (value == null) {
      return Optional.empty();
    }
    if (!value.type.isInteger() && !value.type.isFloat()) {
      throw mismatch(key, "an array of numbers", value);
    }
    float[] floats = new float[length(key, value)];
    for (int i = 0; i < floats.length; i++) {
      long offset = value.offset + (long) i * value.type.bytes;
      floats[i] = (float) number(key, value.type, offset);
    }
    return Optional.of(floats);
  }

  /**
   * A fault of a key's value.
   *
   * @param key the key
   * @param expected what its value should be
   * @param found what it is
   * @return the exception to throw
   */
  public ModelFormatException fault(String key, String expected, Object found) {
    return new ModelFormatException(source, offset(key), key + " to be " + expected, "" + found);
  }

  /**
   * Where a value lies, for messages.
   *
   * @param key the key
   * @return offset in the file, 0 if there is no such key
   */
  public long offset(String key) {
    Value value = values.get(key);
    return value == null ? 0 : value.offset;
  }

  private Value scalar(String key, String expected) {
    Value value = values.get(key);
    if (value != null && (value.isArray() || value.type == Type.ARRAY)) {
      throw mismatch(key, expected, value);
    }
    return value;
  }

  private Value array(String key, String expected) {
    Value value = values.get(key);
    if (value != null && !value.isArray()) {
      throw mismatch(key, expected, value);
    }
    return value;
  }

  private ModelFormatException mismatch(String key, String expected, Value value) {
    return fault(key, expected, value.kind());
  }

  private int length(String key, Value value) {
    if (value.count > MAX_ARRAY) {
      throw fault(key, "an array of fewer than 2^31 elements", value.count);
    }
    return (int) value.count;
  }

  private String string(String key, long offset) {
    long length = file.get(LONG, offset);
    if (length > MAX_ARRAY) {
      throw fault(key, "a string of fewer than 2^31 bytes", length + " bytes");
    }
    byte[] bytes = file.asSlice(offset + Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private long integer(String key, Type type, long offset) {
    return switch (type) {
      case UINT8 -> file.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
      case INT8 -> file.get(ValueLayout.JAVA_BYTE, offset);
      case UINT16 -> file.get(SHORT, offset) & 0xffff;
      case INT16 -> file.get(SHORT, offset);
      case UINT32 -> file.get(INT, offset) & 0xffff_ffffL;
      case INT32 -> file.get(INT, offset);
      case INT64 -> file.get(LONG, offset);
      case UINT64 -> {
        long number = file.get(LONG, offset);
        if (number < 0) {
          throw fault(key, "an integer below 2^63", Long.toUnsignedString(number));
        }
        yield number;
      }
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private double number(String key, Type type, long offset) {
    return switch (type) {
      case FLOAT32 -> file.get(FLOAT, offset);
      case FLOAT64 -> file.get(DOUBLE, offset);
      default -> integer(key, type, offset);
    };
  }
}
