package io.tmac.quant.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.TokenizerSource;
import io.tmac.checkpoint.gguf.GgufFile;
import io.tmac.checkpoint.gguf.GgufMetadata;
import io.tmac.quant.Shared;
import io.tmac.tokenizer.EncodeOptions;
import io.tmac.tokenizer.TokenType;
import io.tmac.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same vocabulary as a tokenizer.json and as a GGUF file of another program. */
class HuggingFaceVocabularyTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "gpt2trim8k-gpt2, gpt2trim8k-gpt-2",
    "gpt2trim8k-llama3, gpt2trim8k-llama-bpe",
    "gpt2trim8k-qwen2, gpt2trim8k-qwen2",
    "gpt2trim8k-smollm2, gpt2trim8k-smollm"
  })
  void byteLevelVocabularies(String json, String gguf) throws IOException {
    GgufVocabulary vocabulary = read(json);
    GgufMetadata expected = metadata(gguf);
    assertThat(vocabulary.model()).isEqualTo("gpt2");
    assertThat(vocabulary.preTokenizer())
        .isEqualTo(expected.string("tokenizer.ggml.pre").orElseThrow());
    assertThat(vocabulary.tokens())
        .containsExactly(expected.strings("tokenizer.ggml.tokens").orElseThrow());
    assertThat(vocabulary.merges())
        .containsExactly(expected.strings("tokenizer.ggml.merges").orElseThrow());
    int[] types = expected.ints("tokenizer.ggml.token_type").orElseThrow();
    for (int id = 0; id < types.length; id++) {
      assertThat(vocabulary.types().get(id) == TokenType.CONTROL).isEqualTo(types[id] == 3);
    }
  }

  @Test
  void bytesOfSentencePiece() throws IOException {
    GgufVocabulary vocabulary = read("tok512");
    GgufMetadata expected = metadata("tok512");
    assertThat(vocabulary.model()).isEqualTo("llama");
    assertThat(vocabulary.tokens())
        .containsExactly(expected.strings("tokenizer.ggml.tokens").orElseThrow());
    int[] types = expected.ints("tokenizer.ggml.token_type").orElseThrow();
    for (int id = 0; id < types.length; id++) {
      assertThat(vocabulary.types().get(id) == TokenType.BYTE).isEqualTo(types[id] == 6);
    }
  }

  @Test
  void aPreTokenizerWithoutANameIsRefused() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "pattern": {"Regex": "x+"}, "behavior": "Isolated"},
           {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}}
        """);
    assertThatThrownBy(() -> HuggingFaceVocabulary.read(source()))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("pre_tokenizer")
        .hasMessageContaining("x+");
  }

  @Test
  void refusesNormalizersThatWouldBeLost() throws IOException {
    String json =
        """
        {"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []},
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}]}}
        """;
    Files.writeString(folder.resolve("tokenizer.json"), json);
    assertThat(HuggingFaceVocabulary.read(source()).preTokenizer()).isEqualTo("gpt-2");
    Files.writeString(folder.resolve("tokenizer.json"), json.replace("NFC", "Lowercase"));
    assertThatThrownBy(() -> HuggingFaceVocabulary.read(source()))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("Lowercase");
  }

  /** llama-bpe takes a piece that is a token unmerged; dbrx cuts alike and does not. */
  @Test
  void comparesIgnoreMerges() throws IOException {
    Path json = Shared.path("vectors/public/tokenizers/gpt2trim8k-llama3.tokenizer.json");
    String text = Files.readString(json);
    String merged = text.replaceFirst("\"ignore_merges\": *true", "\"ignore_merges\": false");
    assertThat(merged).isNotEqualTo(text);
    Files.writeString(folder.resolve("tokenizer.json"), merged);
    assertThat(HuggingFaceVocabulary.read(source()).preTokenizer()).isEqualTo("dbrx");
  }

  /** As the tokenizer of the folder does: tokenizer_config.json first, then the post-processor. */
  @ParameterizedTest
  @CsvSource({
    "'', true, false",
    "'\"add_bos_token\": false,', false, false",
    "'\"add_eos_token\": true,', true, true",
    "'\"add_bos_token\": null,', true, false"
  })
  void whatGoesAroundAText(String flags, boolean addsBos, boolean addsEos) throws IOException {
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"model": {"type": "BPE", "vocab": {"a": 0, "<s>": 1, "</s>": 2}, "merges": []},
         "added_tokens": [{"id": 1, "content": "<s>", "special": true},
           {"id": 2, "content": "</s>", "special": true}],
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
         "post_processor": {"type": "TemplateProcessing", "single":
           [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]}}
        """);
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{" + flags + "\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
    GgufVocabulary.Marks marks = HuggingFaceVocabulary.read(source()).marks();
    assertThat(marks.addBos()).isEqualTo(addsBos);
    assertThat(marks.addEos()).isEqualTo(addsEos);
    int[] ids =
        Tokenizer.load(folder.resolve("tokenizer.json"))
            .encode("a", new EncodeOptions(true, false));
    assertThat(ids[0] == 1).isEqualTo(addsBos);
    assertThat(ids[ids.length - 1] == 2).isEqualTo(addsEos);
  }

  private GgufVocabulary read(String name) throws IOException {
    Path json = Shared.path("vectors/public/tokenizers/" + name + ".tokenizer.json");
    Files.copy(json, folder.resolve("tokenizer.json"));
    return HuggingFaceVocabulary.read(source());
  }

  private TokenizerSource.Folder source() {
    return new TokenizerSource.Folder(folder, OptionalInt.empty(), List.of());
  }

  private static GgufMetadata metadata(String name) throws IOException {
    Path file = Shared.path("vectors/public/tokenizers/" + name + ".gguf");
    return GgufFile.read(name, MemorySegment.ofArray(Files.readAllBytes(file))).metadata();
  }
}
