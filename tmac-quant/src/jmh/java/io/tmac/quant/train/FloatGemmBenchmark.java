package io.tmac.quant.train;

import static io.tmac.quant.train.Species.FLOAT;
import static io.tmac.quant.train.Species.LANES;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import org.openjdk.jmh.annotations.AuxCounters;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Products of float matrices, and what fused multiply-adds alone reach. The counter {@code
 * operations} is in GFLOPS: multiplications and additions per nanosecond of all threads together.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 3,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class FloatGemmBenchmark {
  private static final int STEPS = 10_000;
  private static final int SUMS = 12;

  /** Counts additions and multiplications. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Flops {
    public long operations;
  }

  /** The matrices of one thread. */
  @State(Scope.Thread)
  public static class Matrices {
    /** Rows, columns and products per sum. */
    @Param({"2048x704x256", "2048x256x704", "704x256x2048", "256x256x32", "256x32x256"})
    public String shape;

    /** Whether A and B are transposed: N no, T yes. */
    @Param({"NT", "NN", "TN"})
    public String form;

    private final FloatGemm gemm = new FloatGemm();
    private int m;
    private int n;
    private int k;
    private float[] a;
    private float[] b;
    private float[] c;

    /** Makes random matrices. */
    @Setup(Level.Trial)
    public void setUp() {
      int[] sizes = Arrays.stream(shape.split("x")).mapToInt(Integer::parseInt).toArray();
      m = sizes[0];
      n = sizes[1];
      k = sizes[2];
      Random random = new Random(1);
      a = random(m * k, random);
      b = random(k * n, random);
      c = new float[m * n];
    }

    private static float[] random(int n, Random random) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = (float) random.nextGaussian();
      }
      return x;
    }

    private float[] multiply(Flops flops) {
      boolean ta = form.charAt(0) == 'T';
      boolean tb = form.charAt(1) == 'T';
      gemm.multiply(
          m, n, k, a, 0, ta ? 1 : k, ta ? m : 1, b, 0, tb ? 1 : n, tb ? k : 1, c, 0, n, false);
      flops.operations += 2L * m * n * k;
      return c;
    }
  }

  /** Two vectors. */
  @State(Scope.Thread)
  public static class Factors {
    private final float[] values = new float[2 * LANES];

    /** Small values, so that sums stay finite. */
    @Setup(Level.Trial)
    public void setUp() {
      Arrays.fill(values, 0.01f);
    }
  }

  /** One product on one thread. */
  @Benchmark
  public float[] multiply(Matrices matrices, Flops flops) {
    return matrices.multiply(flops);
  }

  /** One product on each of two threads. */
  @Benchmark
  @Threads(2)
  public float[] multiplyOnTwoThreads(Matrices matrices, Flops flops) {
    return matrices.multiply(flops);
  }

  /** Independent sums in registers, on one thread. */
  @Benchmark
  public float fmaPeak(Factors factors, Flops flops) {
    return sums(factors.values, flops);
  }

  /** The same on each of two threads. */
  @Benchmark
  @Threads(2)
  public float fmaPeakOnTwoThreads(Factors factors, Flops flops) {
    return sums(factors.values, flops);
  }

  private static float sums(float[] factors, Flops flops) {
    FloatVector x = FloatVector.fromArray(FLOAT, factors, 0);
    FloatVector y = FloatVector.fromArray(FLOAT, factors, LANES);
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector s0 = zero;
    FloatVector s1 = zero;
    FloatVector s2 = zero;
    FloatVector s3 = zero;
    FloatVector s4 = zero;
    FloatVector s5 = zero;
    FloatVector s6 = zero;
    FloatVector s7 = zero;
    FloatVector s8 = zero;
    FloatVector s9 = zero;
    FloatVector s10 = zero;
    FloatVector s11 = zero;
    for (int i = 0; i < STEPS; i++) {
      s0 = x.fma(y, s0);
      s1 = x.fma(y, s1);
      s2 = x.fma(y, s2);
      s3 = x.fma(y, s3);
      s4 = x.fma(y, s4);
      s5 = x.fma(y, s5);
      s6 = x.fma(y, s6);
      s7 = x.fma(y, s7);
      s8 = x.fma(y, s8);
      s9 = x.fma(y, s9);
      s10 = x.fma(y, s10);
      s11 = x.fma(y, s11);
    }
    flops.operations += 2L * SUMS * LANES * STEPS;
    FloatVector sum = s0.add(s1).add(s2).add(s3).add(s4).add(s5);
    return sum.add(s6).add(s7).add(s8).add(s9).add(s10).add(s11).lane(0);
  }
}
