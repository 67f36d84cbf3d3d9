package io.tmac.checkpoint;

import io.tmac.testing.FileBytes;
import java.util.Arrays;
import java.util.Random;

/** Damages files in the ways in which files get damaged, and in which people damage them. */
final class Mutations {
  private static final int[] EXTREMES = {
    0,
    1,
    2,
    -1,
    -2,
    127,
    255,
    256,
    1 << 15,
    1 << 16,
    1 << 24,
    1 << 28,
    1 << 30,
    Integer.MAX_VALUE,
    Integer.MAX_VALUE - 3,
    Integer.MIN_VALUE,
    Integer.MIN_VALUE + 1
  };

  private Mutations() {}

  /** A copy of a file with one to three faults; some come from another file. */
  static byte[] mutate(byte[] file, byte[] other, Random random) {
    byte[] damaged = file.clone();
    int faults = 1 + random.nextInt(3);
    for (int i = 0; i < faults && damaged.length > 4; i++) {
      damaged = once(damaged, other, random);
    }
    return damaged;
  }

  private static byte[] once(byte[] file, byte[] other, Random random) {
    int at = random.nextInt(file.length);
    int length = 1 + random.nextInt(Math.min(64, file.length - at));
    return switch (random.nextInt(12)) {
      case 0, 1 -> withByte(file, at, file[at] ^ 1 << random.nextInt(8));
      case 2 -> withByte(file, at, random.nextInt(256));
      case 3, 4 -> withInt(file, header(random), extreme(random));
      case 5 -> withInt(file, header(random), 1 + random.nextInt(16));
      case 6 -> withInt(file, at, extreme(random));
      case 7 -> Arrays.copyOf(file, at);
      case 8 -> Arrays.copyOf(file, file.length + length);
      case 9 -> replaced(file, at, at + length, new byte[0]);
      case 10 -> replaced(file, at, at, Arrays.copyOfRange(file, at, at + length));
      default -> {
        int from = random.nextInt(other.length);
        int to = Math.min(from + length, other.length);
        yield replaced(file, at, at + to - from, Arrays.copyOfRange(other, from, to));
      }
    };
  }

  /** The places of all header fields: seven at 0, 4 or 8, then a block or group size. */
  private static int header(Random random) {
    int word = random.nextInt(11);
    return word == 10 ? 37 : 4 * word;
  }

  private static int extreme(Random random) {
    return EXTREMES[random.nextInt(EXTREMES.length)];
  }

  private static byte[] withByte(byte[] file, int at, int value) {
    byte[] copy = file.clone();
    copy[at] = (byte) value;
    return copy;
  }

  private static byte[] withInt(byte[] file, int at, int value) {
    return replaced(file, at, at + 4, new FileBytes().int32(value).toByteArray());
  }

  /** The file with {@code bytes} in the place of its bytes from..to-1, as far as it has them. */
  private static byte[] replaced(byte[] file, int from, int to, byte[] bytes) {
    int start = Math.min(from, file.length);
    FileBytes out = new FileBytes();
    out.write(file, 0, start);
    out.writeBytes(bytes);
    int rest = Math.min(to, file.length);
    out.write(file, rest, file.length - rest);
    return out.toByteArray();
  }
}
