package io.tmac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import io.tmac.testing.LlamaShape;
import io.tmac.testing.TinyModels.Container;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A token in the middle of a text makes next to no garbage, on any thread. */
@Tag("allocation")
class DecodingAllocationTest {
  private static final LlamaShape SHAPE = new LlamaShape(64, 96, 2, 4, 2, 57, 512, true);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int TOKENS = 400;
  private static final long BYTES_PER_TOKEN = 1024;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  @ParameterizedTest
  @EnumSource(names = {"V0", "Q4V1", "TM2"})
  void aTokenAllocatesLessThanAKilobyte(Container container) {
    assumeThat(System.getProperty("tmac.vectorBits"))
        .as("vectors wider than the machine's are emulated with objects")
        .isNull();
    Set<Thread> before = workers();
    ModelOptions options = ModelOptions.DEFAULT.withTokenizer(TestModels.TOKENIZER).withThreads(2);
    try (Model model = TestModels.load(container, SHAPE, options);
        Session session = model.newSession()) {
      Set<Thread> own = new HashSet<>(workers());
      own.removeAll(before);
      assertThat(own).hasSize(1);
      own.add(Thread.currentThread());
      long[] ids = own.stream().mapToLong(Thread::threadId).toArray();
      long deadline = System.nanoTime() + PATIENCE;
      long bytes;
      do { // Until all is compiled; keys and values have their memory after the first round.
        session.truncate(0);
        long start = Arrays.stream(THREADS.getThreadAllocatedBytes(ids)).sum();
        Generation generation =
            session
                .generate("once")
                .maxTokens(TOKENS)
                .logitBias(Map.of(TestTokenizer.EOS, -100f))
                .result();
        bytes = Arrays.stream(THREADS.getThreadAllocatedBytes(ids)).sum() - start;
        assertThat(generation.generatedTokens()).isEqualTo(TOKENS);
      } while (bytes >= TOKENS * BYTES_PER_TOKEN && System.nanoTime() < deadline);
      assertThat(bytes / TOKENS).as("bytes per token").isLessThan(BYTES_PER_TOKEN);
    }
  }

  private static Set<Thread> workers() {
    Stream<Thread> all = Thread.getAllStackTraces().keySet().stream();
    return all.filter(thread -> thread.getName().startsWith("tmac-")).collect(Collectors.toSet());
  }
}
