package io.tmac.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.tmac.ModelFormatException;
import io.tmac.format.BlockCodes;
import io.tmac.format.Matrix;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels;
import io.tmac.testing.TinyModels.Container;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A damaged file is either refused, or it is read and every row of it can be decoded. There is no
 * third way. {@code -Dtmac.fuzz.tries=N} tries N files; {@code -Dtmac.fuzz.seed=S} begins at the
 * case with seed S, and with one try for each container repeats just that case.
 */
class MutationFuzzTest {
  private static final int CONTAINERS = Container.values().length;
  private static final int TRIES = Integer.getInteger("tmac.fuzz.tries", 2_000 * CONTAINERS);
  private static final long FIRST_SEED = Long.getLong("tmac.fuzz.seed", 1);

  /** Small, so that a fault often hits a header; the last one has whole blocks in its rows. */
  private static final List<LlamaShape> SHAPES =
      List.of(
          LlamaShape.SMALLEST,
          new LlamaShape(6, 9, 1, 1, 1, 5, 2, true),
          new LlamaShape(8, 7, 3, 4, 2, 9, 5, false),
          new LlamaShape(32, 32, 1, 2, 1, 3, 2, true));

  @ParameterizedTest
  @EnumSource(Container.class)
  void aDamagedFileIsReadToItsEndOrRefused(Container container) {
    int tries = Math.ceilDiv(TRIES, CONTAINERS);
    int read = 0;
    for (long seed = FIRST_SEED; seed < FIRST_SEED + tries; seed++) {
      byte[] file = damaged(container, seed);
      try {
        read += isRead(file) ? 1 : 0;
      } catch (Throwable e) {
        throw new AssertionError(
            "%s fails: repeat with -Dtmac.fuzz.seed=%d -Dtmac.fuzz.tries=%d"
                .formatted(container, seed, CONTAINERS),
            e);
      }
    }
    if (tries >= 1000) {
      assertThat(read).as("files that could still be read").isBetween(tries / 20, tries * 19 / 20);
    }
  }

  private static byte[] damaged(Container container, long seed) {
    Random random = new Random(seed);
    Container[] all = Container.values();
    byte[] file = TinyModels.of(container, shape(random), 1).bytes();
    byte[] other = TinyModels.of(all[random.nextInt(all.length)], shape(random), 2).bytes();
    return Mutations.mutate(file, other, random);
  }

  private static LlamaShape shape(Random random) {
    return SHAPES.get(random.nextInt(SHAPES.size()));
  }

  /** Whether a file is read; any exception other than a refusal passes through. */
  private static boolean isRead(byte[] file) {
    try {
      Checkpoint checkpoint = CheckpointReader.read("fuzz", MemorySegment.ofArray(file));
      checkpoint.tensors().values().forEach(MutationFuzzTest::decode);
      checkpoint.verify();
      return true;
    } catch (ModelFormatException e) {
      assertThat(e.offset()).isBetween(0L, (long) file.length);
      return false;
    }
  }

  private static void decode(Matrix matrix) {
    Reading.values(matrix);
    int cols = matrix.cols();
    matrix
        .format()
        .codes(cols)
        .ifPresent((BlockCodes view) -> {
          byte[] codes = new byte[cols];
          float[] scales = new float[cols / view.blockSize(cols)];
          for (int row = 0; row < matrix.rows(); row++) {
            view.decodeCodes(matrix, row, codes, scales);
          }
        });
  }
}
