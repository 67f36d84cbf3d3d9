package io.tmac.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The threads that share a range of work. */
@Timeout(60)
class WorkerPoolTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void doesEachUnitOnce(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      assertThat(pool.threads()).isEqualTo(threads);
      for (int units = 0; units < 150; units++) {
        AtomicIntegerArray done = new AtomicIntegerArray(150);
        AtomicIntegerArray busy = new AtomicIntegerArray(threads);
        pool.run(
            units,
            (from, to, worker) -> {
              assertThat(busy.incrementAndGet(worker)).isEqualTo(1);
              for (int unit = from; unit < to; unit++) {
                done.incrementAndGet(unit);
              }
              busy.decrementAndGet(worker);
            });
        for (int unit = 0; unit < 150; unit++) {
          assertThat(done.get(unit)).as("%d of %d", unit, units).isEqualTo(unit < units ? 1 : 0);
        }
      }
    }
  }

  @Test
  void severalThreadsTakePart() {
    try (WorkerPool pool = new WorkerPool(3)) {
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      CountDownLatch all = new CountDownLatch(3);
      pool.run(
          12,
          (from, to, worker) -> {
            if (threads.add(Thread.currentThread())) {
              all.countDown();
              awaitOrFail(all);
            }
          });
      assertThat(threads).hasSize(3).contains(Thread.currentThread());
    }
  }

  @Test
  void parkedWorkersWakeUp() throws InterruptedException {
    try (WorkerPool pool = new WorkerPool(2)) {
      for (int pause = 0; pause < 5; pause++) {
        Thread.sleep(5); // Much longer than workers spin.
        severalUnitsOnTwoThreads(pool);
      }
    }
  }

  private static void severalUnitsOnTwoThreads(WorkerPool pool) {
    CountDownLatch both = new CountDownLatch(2);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    pool.run(
        8,
        (from, to, worker) -> {
          if (threads.add(Thread.currentThread())) {
            both.countDown();
            awaitOrFail(both);
          }
        });
    assertThat(threads).hasSize(2);
  }

  @Test
  void callersMayCallAtTheSameTime() throws Exception {
    int callers = 6;
    try (WorkerPool pool = new WorkerPool(3);
        ExecutorService executor = Executors.newFixedThreadPool(callers)) {
      List<Future<Long>> sums = new ArrayList<>();
      for (int caller = 0; caller < callers; caller++) {
        sums.add(executor.submit(() -> sumOfManyRuns(pool)));
      }
      for (Future<Long> sum : sums) {
        assertThat(sum.get(50, TimeUnit.SECONDS)).isEqualTo(500L * 100 * 99 / 2);
      }
    }
  }

  private static long sumOfManyRuns(WorkerPool pool) {
    AtomicIntegerArray sums = new AtomicIntegerArray(1);
    long total = 0;
    for (int run = 0; run < 500; run++) {
      sums.set(0, 0);
      pool.run(
          100,
          (from, to, worker) -> {
            for (int unit = from; unit < to; unit++) {
              sums.addAndGet(0, unit);
            }
          });
      total += sums.get(0);
    }
    return total;
  }

  @Test
  void aTaskMayCallThePoolAgain() {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicIntegerArray done = new AtomicIntegerArray(1);
      pool.run(4, (from, to, worker) -> pool.run(to - from, (a, b, w) -> done.addAndGet(0, b - a)));
      assertThat(done.get(0)).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void exceptionsReachTheCallerAndThePoolSurvives(int threads) {
    IllegalArgumentException failure = new IllegalArgumentException("unit 7");
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int round = 0; round < 20; round++) {
        assertThatThrownBy(() ->
                pool.run(
                    16,
                    (from, to, worker) -> {
                      if (from <= 7 && 7 < to) {
                        throw failure;
                      }
                    }))
            .isSameAs(failure);
        AtomicIntegerArray done = new AtomicIntegerArray(1);
        pool.run(16, (from, to, worker) -> done.addAndGet(0, to - from));
        assertThat(done.get(0)).isEqualTo(16);
      }
    }
  }

  @Test
  void closingWaitsForTheRunUnderWay() throws Exception {
    WorkerPool pool = new WorkerPool(2);
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AtomicIntegerArray done = new AtomicIntegerArray(1);
    Thread caller =
        Thread.ofPlatform()
            .start(() ->
                pool.run(
                    8,
                    (from, to, worker) -> {
                      started.countDown();
                      awaitOrFail(release);
                      done.addAndGet(0, to - from);
                    }));
    started.await();
    Thread closer = Thread.ofPlatform().start(pool::close);
    closer.join(100);
    assertThat(closer.isAlive()).isTrue();
    release.countDown();
    closer.join();
    caller.join();
    assertThat(done.get(0)).isEqualTo(8);
  }

  @Test
  void closingEndsTheThreadsAndLaterCallersWorkAlone() throws InterruptedException {
    WorkerPool pool = new WorkerPool(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(3);
    pool.run(
        12,
        (from, to, worker) -> {
          if (threads.add(Thread.currentThread())) {
            all.countDown();
            awaitOrFail(all);
          }
        });
    pool.close();
    pool.close();
    for (Thread thread : threads) {
      if (thread != Thread.currentThread()) {
        thread.join(10_000);
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
    AtomicIntegerArray done = new AtomicIntegerArray(1);
    pool.run(12, (from, to, worker) -> done.addAndGet(0, to - from));
    assertThat(done.get(0)).isEqualTo(12);
  }

  @Test
  void aRunAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicIntegerArray workers = new AtomicIntegerArray(2);
      long[] ids = new long[2];
      WorkerPool.Task task =
          (from, to, worker) -> {
            ids[worker] = Thread.currentThread().threadId();
            workers.incrementAndGet(worker);
          };
      while (workers.get(0) == 0 || workers.get(1) == 0) {
        pool.run(8, task);
      }
      long[] before = threads.getThreadAllocatedBytes(ids);
      int runs = 2000;
      for (int run = 0; run < runs; run++) {
        pool.run(8, task);
      }
      long[] after = threads.getThreadAllocatedBytes(ids);
      // Asking for the bytes allocates a little itself.
      assertThat(after[0] - before[0] + after[1] - before[1]).isLessThan(4L * runs);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void thereIsAtLeastOneThread(int threads) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WorkerPool(threads))
        .withMessageContaining(String.valueOf(threads));
  }

  private static void awaitOrFail(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
