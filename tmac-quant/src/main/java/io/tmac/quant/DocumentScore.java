package io.tmac.quant;

import io.tmac.Model;
import io.tmac.Session;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How likely a model finds texts, and how varied they are. Per byte, so that models with different
 * tokenizers can be compared.
 *
 * @param documents how many
 * @param bytes of the tokens that were predicted; the first of a text is not if the model has no
 *     BOS to predict it from
 * @param nll their negative log-likelihood together, in nats
 * @param words how many, of all documents
 * @param distinct different sequences of {@link #SEQUENCE} words within documents
 */
public record DocumentScore(int documents, long bytes, double nll, long words, long distinct) {

  /** Words of a sequence. */
  public static final int SEQUENCE = 4;

  /**
   * Returns the mean.
   *
   * @return nats per byte
   */
  public double nllPerByte() {
    return nll / bytes;
  }

  /**
   * Returns how varied the texts are.
   *
   * @return different sequences of four words, per thousand words
   */
  public double distinctPerThousand() {
    return 1000.0 * distinct / words;
  }

  /**
   * Scores texts, each by itself. What does not fit the model's context is not predicted.
   *
   * @param model reads them; has a tokenizer
   * @param documents the texts
   * @return the score
   * @throws IllegalArgumentException if there is nothing to predict
   * @throws java.util.NoSuchElementException if the model has no tokenizer
   */
  public static DocumentScore of(Model model, List<String> documents) {
    Tokenizer tokenizer = model.tokenizer().orElseThrow();
    Sum sum = new Sum();
    Set<List<String>> sequences = new HashSet<>();
    long words = 0;
    for (String document : documents) {
      add(model, tokenizer, document, sum);
      List<String> all = words(document);
      words += all.size();
      for (int i = 0; i + SEQUENCE <= all.size(); i++) {
        sequences.add(all.subList(i, i + SEQUENCE));
      }
    }
    if (sum.bytes == 0) {
      throw new IllegalArgumentException("there is no text to predict");
    }
    return new DocumentScore(documents.size(), sum.bytes, sum.nll, words, sequences.size());
  }

  /** What lies between white space, without punctuation around it, in lower case. */
  private static List<String> words(String document) {
    List<String> words = new ArrayList<>();
    for (String word : document.toLowerCase(Locale.ROOT).split("\\s+")) {
      String bare = word.replaceAll("^\\p{Punct}+|\\p{Punct}+$", "");
      if (!bare.isEmpty()) {
        words.add(bare);
      }
    }
    return words;
  }

  private static void add(Model model, Tokenizer tokenizer, String document, Sum sum) {
    byte[] utf8 = document.getBytes(StandardCharsets.UTF_8);
    int[] ids = tokenizer.encode(utf8, EncodeOptions.PROMPT);
    int count = Math.min(ids.length, model.info().contextLength());
    if (count < 2) {
      return;
    }
    int[] seen = Arrays.copyOf(ids, count);
    try (Session session = model.newSession()) {
      session.logits(
          seen,
          (position, logits) -> {
            if (position + 1 < count) {
              int next = seen[position + 1];
              sum.nll += Perplexity.negativeLogLikelihood(logits, next);
              sum.bytes += tokenizer.decode(seen[position], next).length;
            }
          });
    }
  }

  private static final class Sum {
    private double nll;
    private long bytes;
  }
}
