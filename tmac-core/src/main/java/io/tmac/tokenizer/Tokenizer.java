package io.tmac.tokenizer;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Turns text into token ids and token ids into text.
 *
 * <p>Ids run from 0 to {@link #vocabSize()} − 1; every method that takes an id throws {@link
 * IllegalArgumentException} for another one. Tokenizers are immutable and safe for use by many
 * threads at once.
 *
 * <pre>{@code
 * Tokenizer tokenizer = Tokenizer.load(Path.of("tokenizer.bin"));
 * int[] prompt = tokenizer.encode("Once upon a time", EncodeOptions.PROMPT);
 * String text = tokenizer.decode(prompt); // "Once upon a time"
 * }</pre>
 */
public interface Tokenizer {

  /** The id that stands for "no token before this one" in {@link #decode(int, int)}. */
  int NO_TOKEN = -1;

  /**
   * Returns the number of tokens.
   *
   * @return the number of tokens, at least 1
   */
  int vocabSize();

  /**
   * Returns the token that begins a text.
   *
   * @return the BOS id, or empty if the vocabulary has none
   */
  OptionalInt bosId();

  /**
   * Returns the token that ends a text.
   *
   * @return the EOS id, or empty if the vocabulary has none; more tokens may end a text, see {@link
   *     #isEndOfText}
   */
  default OptionalInt eosId() {
    return OptionalInt.empty();
  }

  /**
   * Says whether the model wants BOS before a text. True implies that {@link #bosId()} is present.
   *
   * @return true if {@link EncodeOptions#addBos()} has an effect
   */
  boolean addsBos();

  /**
   * Says whether generation ends when the model chooses this token.
   *
   * @param id a token id
   * @return true for an end-of-text or end-of-turn token
   */
  boolean isEndOfText(int id);

  /**
   * Says whether the token is a control token. Control tokens print as nothing.
   *
   * @param id a token id
   * @return true for BOS, EOS and their like
   */
  boolean isControl(int id);

  /**
   * Returns the bytes a token stands for, wherever it is in the text. They need not be whole
   * characters. For a control token they are its name.
   *
   * @param id a token id
   * @return a new array
   */
  byte[] pieceBytes(int id);

  /**
   * Encodes UTF-8 text. Bytes that are not valid UTF-8 are kept: they become byte tokens.
   *
   * @param utf8 the text; not changed
   * @param options whether to add BOS and to parse the names of special tokens
   * @return the ids, empty for an empty text without BOS
   */
  int[] encode(byte[] utf8, EncodeOptions options);

  /**
   * Encodes text. A NUL is a character like any other; an unpaired surrogate becomes a question
   * mark, as in {@link String#getBytes(java.nio.charset.Charset)}.
   *
   * @param text the text
   * @param options whether to add BOS and to parse the names of special tokens
   * @return the ids, empty for an empty text without BOS
   */
  default int[] encode(String text, EncodeOptions options) {
    return encode(text.getBytes(StandardCharsets.UTF_8), options);
  }

  /**
   * Encodes a text of which some parts may name special tokens and others may not, such as a
   * conversation: the markup may, what is said may not. The text is encoded as a whole, so that
   * tokens may lie across segments; only the names of special tokens must lie in segments that
   * allow them.
   *
   * <p>This default encodes segment by segment, which differs where tokens would lie across.
   *
   * @param segments the parts of the text, in order
   * @param addBos put the BOS token first if the model wants one
   * @return the ids
   */
  default int[] encode(List<TextSegment> segments, boolean addBos) {
    IntStream.Builder ids = IntStream.builder();
    boolean first = addBos;
    for (TextSegment segment : segments) {
      for (int id : encode(segment.text(), new EncodeOptions(first, segment.parseSpecials()))) {
        ids.add(id);
      }
      first = false;
    }
    return ids.build().toArray();
  }

  /**
   * Encodes text alone: {@link #encode(String, EncodeOptions)} with {@link EncodeOptions#TEXT}.
   *
   * @param text the text
   * @return the ids, without BOS
   */
  default int[] encode(String text) {
    return encode(text, EncodeOptions.TEXT);
  }

  /**
   * Returns what a token prints after another one: nothing if it is a control token, and without
   * its leading space where the encoder is the one who put it there.
   *
   * @param previousId the token before, or {@link #NO_TOKEN} at the start
   * @param id a token id
   * @return a new array; its bytes need not be whole characters
   */
  byte[] decode(int previousId, int id);

  /**
   * Decodes a whole text. Bytes that are not valid UTF-8 become U+FFFD.
   *
   * @param ids the tokens, beginning with BOS if the text does
   * @return the text
   */
  default String decode(int[] ids) {
    StreamDecoder decoder = newDecoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.accept(id));
    }
    return text.append(decoder.flush()).toString();
  }

  /**
   * Starts decoding a text token by token.
   *
   * @return a decoder at the start of a text
   */
  default StreamDecoder newDecoder() {
    return newDecoder(NO_TOKEN);
  }

  /**
   * Starts decoding in the middle of a text, as after a prompt.
   *
   * @param previousId the last token of what came before, or {@link #NO_TOKEN}
   * @return a decoder for the tokens that follow
   */
  default StreamDecoder newDecoder(int previousId) {
    return new StreamDecoder(this, previousId);
  }

  /**
   * Makes a tokenizer of a SentencePiece vocabulary.
   *
   * @param vocabulary the vocabulary
   * @return the tokenizer
   */
  static Tokenizer of(SentencePieceVocabulary vocabulary) {
    return VocabularyTokenizers.sentencePiece(vocabulary);
  }

  /**
   * Makes a tokenizer of a byte-level vocabulary.
   *
   * @param file what errors call its file
   * @param vocabulary the vocabulary
   * @return the tokenizer
   * @throws UnsupportedModelException if its pre-tokenizer is not known
   */
  static Tokenizer of(String file, BpeVocabulary vocabulary) {
    return VocabularyTokenizers.byteLevel(file, vocabulary);
  }

  /**
   * Loads a tokenizer for a model. The bytes decide what the file is:
   *
   * <ul>
   *   <li>a {@code tokenizer.bin} as llama2.c's {@code tokenizer.py} writes it. It does not say how
   *       many tokens it has, so the model must; a file that holds fewer or more does not belong to
   *       it.
   *   <li>a {@code tokenizer.json} of Hugging Face's tokenizers. Models may have more rows than it
   *       has tokens. A {@code tokenizer_config.json} beside it says which tokens frame a text.
   * </ul>
   *
   * @param path the file
   * @param vocabSize the model's vocabulary size, at least 1
   * @return the tokenizer
   * @throws ModelFormatException if the file is damaged or does not fit {@code vocabSize} tokens
   * @throws UnsupportedModelException if a {@code tokenizer.json} has parts that are not supported
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if {@code vocabSize} is below 1
   */
  static Tokenizer load(Path path, int vocabSize) throws IOException {
    return TokenizerReader.read(path, OptionalInt.of(vocabSize));
  }

  /**
   * Loads a tokenizer of any size; see {@link #load(Path, int)}. The tokens of a {@code
   * tokenizer.bin} go on to the end of the file.
   *
   * @param path the file
   * @return the tokenizer
   * @throws ModelFormatException if the file is damaged
   * @throws UnsupportedModelException if a {@code tokenizer.json} has parts that are not supported
   * @throws IOException if the file cannot be read
   */
  static Tokenizer load(Path path) throws IOException {
    return TokenizerReader.read(path, OptionalInt.empty());
  }

  /**
   * Loads the tokenizer of a model whose configuration names the tokens around a text; see {@link
   * #load(Path, int)}.
   *
   * @param path the file
   * @param vocabSize the model's vocabulary size, at least 1
   * @param bosId the configuration's BOS; what the tokenizer's own files say goes before it
   * @param endIds the configuration's tokens that end a text
   * @return the tokenizer
   * @throws ModelFormatException if the file is damaged or does not fit {@code vocabSize} tokens
   * @throws UnsupportedModelException if a {@code tokenizer.json} has parts that are not supported
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if {@code vocabSize} is below 1
   */
  static Tokenizer load(Path path, int vocabSize, OptionalInt bosId, List<Integer> endIds)
      throws IOException {
    return TokenizerReader.read(
        path, OptionalInt.of(vocabSize), TokenizerSettings.of(bosId, endIds));
  }

  /**
   * Loads a tokenizer from a stream for a model; see {@link #load(Path, int)}.
   *
   * @param in the file's bytes, read to their end and left open
   * @param name what errors call the file
   * @param vocabSize the model's vocabulary size, at least 1
   * @return the tokenizer
   * @throws ModelFormatException if the file is damaged or does not fit {@code vocabSize} tokens
   * @throws UnsupportedModelException if a {@code tokenizer.json} has parts that are not supported
   * @throws IOException if the stream cannot be read
   * @throws IllegalArgumentException if {@code vocabSize} is below 1
   */
  static Tokenizer load(InputStream in, String name, int vocabSize) throws IOException {
    return TokenizerReader.read(in, name, OptionalInt.of(vocabSize));
  }

  /**
   * Loads a tokenizer of any size from a stream; see {@link #load(Path)}.
   *
   * @param in the file's bytes, read to their end and left open
   * @param name what errors call the file
   * @return the tokenizer
   * @throws ModelFormatException if the file is damaged
   * @throws UnsupportedModelException if a {@code tokenizer.json} has parts that are not supported
   * @throws IOException if the stream cannot be read
   */
  static Tokenizer load(InputStream in, String name) throws IOException {
    return TokenizerReader.read(in, name, OptionalInt.empty());
  }
}
