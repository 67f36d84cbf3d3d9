package io.tmac.quant.train;

import io.tmac.BatchedGeneration;
import io.tmac.Batcher;
import io.tmac.BatcherOptions;
import io.tmac.ChatMessage;
import io.tmac.FinishReason;
import io.tmac.Generation;
import io.tmac.GenerationRequest;
import io.tmac.Model;
import io.tmac.TmacException;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Texts that a model writes, for another one to learn from: sequence-level distillation (Kim and
 * Rush, "Sequence-Level Knowledge Distillation", 2016), with prompts that are drawn from lists of
 * words, so that the texts differ (Eldan and Li, "TinyStories: How Small Can Language Models Be and
 * Still Speak Coherent English?", 2023, section 2).
 *
 * <pre>{@code
 * try (Model teacher = Model.load(Path.of("SmolLM2-135M-Instruct.gguf"))) {
 *   new TeacherTexts(teacher, Prompts.read(Path.of("prompts.txt")), TeacherOptions.DEFAULT)
 *       .write(Path.of("stories.txt"), 0, 1000);
 * }
 * }</pre>
 *
 * <p>A text is its start and what the teacher makes of it. It follows from the teacher, the
 * prompts, the options and its number alone: neither from other texts nor from {@link
 * TeacherOptions#streams}. Many are sampled at once ({@link Batcher}).
 *
 * <p>With a chat template and an {@code [ask]}, the ask is a message of the user and the start
 * begins the answer; otherwise the teacher continues the start.
 *
 * <p>Immutable; used by one thread at a time per file.
 */
public final class TeacherTexts {

  /** Makes the random numbers of neighbouring texts unlike. */
  private static final long SEED_STEP = 1_000_003;

  /** Tokens of prompts in a pass; their starts are the same and come from the cache. */
  private static final int PREFILL_CHUNK = 64;

  /** Hears how far the sampling is. */
  @FunctionalInterface
  public interface Progress {

    /**
     * Another text has been written. What this throws ends the run.
     *
     * @param done what this run has written
     * @param total texts that this run is to write
     */
    void update(Written done, long total);
  }

  /**
   * What a run has written.
   *
   * @param texts the number of texts
   * @param ended those that the teacher has ended; the others were cut
   * @param tokens what the teacher has generated, in tokens
   */
  public record Written(long texts, long ended, long tokens) {}

  /** A text under way. */
  private record Job(String start, BatchedGeneration generation) {}

  private final Model teacher;
  private final Prompts prompts;
  private final TeacherOptions options;
  private final Tokenizer tokenizer;
  private final boolean asks;

  /**
   * Prepares the sampling.
   *
   * @param teacher the model; not closed by this class
   * @param prompts what it is asked
   * @param options how to sample
   * @throws TmacException if the teacher has no tokenizer, no chat template while the prompts have
   *     no starts to continue, or no BOS to begin with while there are no prompts
   */
  public TeacherTexts(Model teacher, Prompts prompts, TeacherOptions options) {
    this.teacher = teacher;
    this.prompts = Objects.requireNonNull(prompts, "prompts");
    this.options = Objects.requireNonNull(options, "options");
    this.tokenizer =
        teacher
            .tokenizer()
            .orElseThrow(() -> new TmacException(teacher.info().source() + " has no tokenizer"));
    this.asks = prompts.hasAsk() && teacher.chatTemplate().isPresent();
    if (!asks && !prompts.hasStart() && !prompts.isNone()) {
      throw new TmacException(
          teacher.info().source()
              + " has no chat template to be asked with, and the prompts have no [start] to"
              + " continue: add that section");
    }
    if (prompts.isNone() && !tokenizer.addsBos()) {
      throw new TmacException(
          teacher.info().source() + " begins texts with nothing: it needs a file of prompts");
    }
  }

  /**
   * Whether the teacher is asked.
   *
   * @return false if it continues starts, for want of a chat template or of an {@code [ask]}
   */
  public boolean asks() {
    return asks;
  }

  /**
   * Writes texts to a file, without reporting progress; see {@link #write(Path, long, long,
   * Progress)}.
   *
   * @param file the file
   * @param first the number of the file's first text, at least 0
   * @param count texts that the file is to have
   * @return what was written now
   * @throws TmacException if the file is there and is no file of texts
   * @throws IOException if it cannot be read or written
   */
  public Written write(Path file, long first, long count) throws IOException {
    return write(file, first, count, (done, total) -> {});
  }

  /**
   * Writes texts to a file, in the order of their numbers. Each is followed by a line {@code
   * <|endoftext|>}, or {@code <|cut|>} if the teacher did not end it. Spaces around it go away.
   *
   * <p>A file that is there is gone on with: its texts are counted, half a text at its end is cut
   * off, and the rest is added. So a run that was stopped is simply started again.
   *
   * @param file the file
   * @param first the number of the file's first text, at least 0
   * @param count texts that the file is to have, at least 0; nothing happens if it has as many
   * @param progress hears of each text
   * @return what was written now
   * @throws TmacException if the file is there and is no file of texts
   * @throws IllegalArgumentException if a number is out of range, or a prompt does not fit the
   *     context
   * @throws IOException if the file cannot be read or written
   */
  public Written write(Path file, long first, long count, Progress progress) throws IOException {
    if (first < 0 || count < 0) {
      throw new IllegalArgumentException(
          "first and count must be at least 0: " + first + " and " + count);
    }
    try (TextsFile texts = TextsFile.open(file)) {
      long from = first + texts.texts();
      return from < first + count
          ? sample(from, first + count, texts, progress)
          : new Written(0, 0, 0);
    }
  }

  private Written sample(long from, long to, TextsFile texts, Progress progress)
      throws IOException {
    BatcherOptions sharing =
        BatcherOptions.DEFAULT
            .withSlots(options.streams())
            .withQueueCapacity(options.streams())
            .withPrefillChunk(PREFILL_CHUNK);
    Written written = new Written(0, 0, 0);
    try (Batcher batcher = Batcher.of(teacher, sharing)) {
      ArrayDeque<Job> jobs = new ArrayDeque<>();
      // More than run at once: the oldest one, which is waited for, may be the longest.
      int ahead = options.streams() + options.streams() / 2;
      for (long next = from; next < to || !jobs.isEmpty(); ) {
        while (next < to && jobs.size() < ahead) {
          jobs.add(submit(batcher, next++));
        }
        Job job = jobs.remove();
        Generation generation = job.generation.result();
        boolean ended = generation.finishReason() == FinishReason.END_OF_TEXT;
        texts.add(job.start + generation.text(), ended);
        written =
            new Written(
                written.texts + 1,
                written.ended + (ended ? 1 : 0),
                written.tokens + generation.generatedTokens());
        progress.update(written, to - from);
      }
    }
    return written;
  }

  private Job submit(Batcher batcher, long number) {
    SplittableRandom random = new SplittableRandom(options.seed() + SEED_STEP * number);
    Prompts.Prompt prompt = prompts.draw(random);
    GenerationRequest request =
        teacher
            .generate(promptIds(prompt))
            .sampling(options.sampling())
            .maxTokens(options.maxTokens())
            .seed(random.nextLong() >>> 1);
    return new Job(prompt.start(), batcher.submit(request));
  }

  private int[] promptIds(Prompts.Prompt prompt) {
    if (!asks) {
      return tokenizer.encode(prompt.start(), EncodeOptions.PROMPT);
    }
    ChatMessage ask = ChatMessage.user(prompt.ask().orElseThrow());
    int[] asked = teacher.chat(List.of(ask)).promptIds();
    int[] start = tokenizer.encode(prompt.start());
    int[] ids = Arrays.copyOf(asked, asked.length + start.length);
    System.arraycopy(start, 0, ids, asked.length, start.length);
    return ids;
  }
}
