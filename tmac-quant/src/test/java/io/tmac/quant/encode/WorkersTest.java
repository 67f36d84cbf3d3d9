package io.tmac.quant.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void doesEachChunkOnce(int threads) throws IOException {
    try (Workers workers = new Workers(threads)) {
      for (int chunks : new int[] {0, 1, 2, 1000}) {
        AtomicIntegerArray done = new AtomicIntegerArray(chunks);
        workers.run(chunks, done::incrementAndGet);
        for (int chunk = 0; chunk < chunks; chunk++) {
          assertThat(done.get(chunk)).isEqualTo(1);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void throwsTheFailureOfTheLowestChunkAndBeginsNoMore(int threads) {
    AtomicInteger begun = new AtomicInteger();
    try (Workers workers = new Workers(threads)) {
      assertThatThrownBy(() ->
              workers.run(
                  1_000_000,
                  chunk -> {
                    begun.incrementAndGet();
                    if (chunk >= 20) {
                      throw new IOException("chunk " + chunk);
                    }
                  }))
          .isInstanceOf(IOException.class)
          .hasMessage("chunk 20");
    }
    assertThat(begun.get()).isBetween(21, 20 + threads);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void anInterruptEndsItAndStays(int threads) {
    AtomicInteger begun = new AtomicInteger();
    Thread caller = Thread.currentThread();
    try (Workers workers = new Workers(threads)) {
      assertThatThrownBy(() ->
              workers.run(
                  1_000_000,
                  chunk -> {
                    if (begun.incrementAndGet() == 50) {
                      caller.interrupt();
                    }
                  }))
          .isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue(); // and clears it
      assertThat(begun.get()).isLessThan(1_000_000);
    }
  }

  @Test
  void passesErrorsOn() {
    try (Workers workers = new Workers(2)) {
      assertThatThrownBy(() ->
              workers.run(
                  5,
                  chunk -> {
                    throw new StackOverflowError();
                  }))
          .isInstanceOf(StackOverflowError.class);
    }
  }
}
