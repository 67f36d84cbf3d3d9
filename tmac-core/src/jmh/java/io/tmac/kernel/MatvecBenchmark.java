package io.tmac.kernel;

import io.tmac.Activations;
import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.Matrix;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import io.tmac.format.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One matrix times one token on one thread, the preparation of the input included. Weights per
 * nanosecond are {@code rows * cols / score}.
 */
@State(Scope.Thread)
@SuppressWarnings("MustBeClosedChecker") // tearDown closes the arena.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class MatvecBenchmark {
  @Param({"f32", "int4", "int8", "ternary_v1", "ternary_v2"})
  public String format;

  @Param({"vector", "scalar"})
  public String kernels;

  @Param({"INT8", "F32"})
  public String activations;

  @Param({"768x768", "2048x768", "2560x2560", "6912x2560"})
  public String shape;

  private Arena arena;
  private Matmul matmul;
  private Input in;
  private Linear[] linear;
  private float[][] out;

  /** Makes a random matrix and input. */
  @Setup(Level.Trial)
  public void setUp() {
    int rows = Integer.parseInt(shape.substring(0, shape.indexOf('x')));
    int cols = Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
    arena = Arena.ofShared();
    Random random = new Random(1);
    KernelProvider provider = Kernels.choose(kernels);
    WorkerPool pool = new WorkerPool(1);
    Matrix matrix = randomMatrix(rows, cols, random);
    linear = new Linear[] {provider.linear(matrix, Activations.valueOf(activations), arena, pool)};
    out = new float[][] {new float[rows]};
    in = new Input(cols);
    in.reserve(1);
    for (int c = 0; c < cols; c++) {
      in.x[c] = (float) random.nextGaussian();
    }
    matmul = new Matmul(provider, pool, new Scratch[] {new Scratch(cols)});
  }

  private Matrix randomMatrix(int rows, int cols, Random random) {
    WeightFormat weights =
        switch (format) {
          case "f32" -> new F32();
          case "int4" -> new Int4();
          case "int8" -> new Int8(Int8.Layout.GROUPS, 32);
          case "ternary_v1" -> new TernaryV1();
          default -> new TernaryV2();
        };
    byte[] bytes = new byte[Math.toIntExact(weights.byteSize(rows, cols))];
    random.nextBytes(bytes);
    if (format.startsWith("ternary")) {
      for (int i = 0; i < bytes.length; i++) {
        // Code 10 is undefined: clear its high bit.
        bytes[i] &= (byte) ~(bytes[i] & 0xaa & ~(bytes[i] << 1));
      }
    }
    MemorySegment data = arena.allocate(bytes.length, 64);
    MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return new Matrix(format, rows, cols, weights, data, 0);
  }

  /** Frees the weights. */
  @TearDown(Level.Trial)
  public void tearDown() {
    arena.close();
  }

  /** One product. */
  @Benchmark
  public float[] matvec() {
    matmul.run(in, 1, linear, out);
    return out[0];
  }
}
