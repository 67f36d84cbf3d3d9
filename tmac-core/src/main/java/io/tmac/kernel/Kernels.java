package io.tmac.kernel;

import io.tmac.TmacException;
import io.tmac.kernel.scalar.ScalarKernels;
import io.tmac.kernel.vector.VectorKernels;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the kernel provider, once per JVM. */
public final class Kernels {
  private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
  private static final String MODULE = "jdk.incubator.vector";
  private static final String PROPERTY = "tmac.kernels";

  private Kernels() {}

  /**
   * The provider that {@code -Dtmac.kernels=auto|scalar|vector} asks for. {@code auto}, the
   * default, takes vectors if the module {@code jdk.incubator.vector} is in the JVM; if not, it
   * says so once and takes plain loops. It uses vectors as soon as the compiler is done with them;
   * {@code vector} uses them from the first call on. Both give the same results.
   *
   * @return the provider
   * @throws TmacException if vectors are forced and the module is missing
   */
  public static KernelProvider provider() {
    return Holder.PROVIDER;
  }

  private static final class Holder {
    static final KernelProvider PROVIDER = choose(System.getProperty(PROPERTY, "auto"));
  }

  static KernelProvider choose(String wanted) {
    // Asked before a class of the vector package is touched: without the module it cannot link.
    boolean present = ModuleLayer.boot().findModule(MODULE).isPresent();
    return switch (wanted.toLowerCase(Locale.ROOT)) {
      case "scalar" -> new ScalarKernels();
      case "vector" -> {
        if (!present) {
          throw new TmacException(
              "-D"
                  + PROPERTY
                  + "=vector, but the module is missing: start java with"
                  + " --add-modules "
                  + MODULE);
        }
        yield new VectorKernels();
      }
      case "auto" -> {
        if (present) {
          yield new VectorKernels(VectorKernels.Mode.VECTORS_WHEN_COMPILED);
        }
        LOG.warn(
            "Running on scalar code, many times slower: start java with --add-modules {}", MODULE);
        yield new ScalarKernels();
      }
      default ->
          throw new IllegalArgumentException(
              "-D" + PROPERTY + " must be auto, scalar or vector: " + wanted);
    };
  }
}
