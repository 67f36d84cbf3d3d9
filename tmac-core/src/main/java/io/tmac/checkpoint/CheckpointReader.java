package io.tmac.checkpoint;

import io.tmac.ModelFormatException;
import io.tmac.UnsupportedModelException;
import io.tmac.checkpoint.TensorMajorReader.Framing;
import io.tmac.checkpoint.gguf.GgufFile;
import io.tmac.checkpoint.gguf.GgufReader;
import io.tmac.checkpoint.hf.HfFolder;
import io.tmac.format.F32;
import io.tmac.format.Int4;
import io.tmac.format.Int8;
import io.tmac.format.PluginFormat;
import io.tmac.format.TernaryV1;
import io.tmac.format.TernaryV2;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.ServiceLoader;

/** Tells model files apart by their first bytes, never by their name, and reads them. */
public final class CheckpointReader {
  private static final int MAGIC_BYTES = 4;

  private CheckpointReader() {}

  /**
   * Maps a model and reads its headers. Tensor data is not touched.
   *
   * @param model what {@link ModelFiles#resolve} returned: a model file, or a Hugging Face folder
   * @param arena owner of the mappings
   * @return the checkpoint; its tensors are views of the mapped files
   * @throws ModelFormatException if it is not a model, or a damaged one
   * @throws UnsupportedModelException if it is a model of another kind
   * @throws IOException if a file cannot be read
   */
  public static Checkpoint open(Path model, Arena arena) throws IOException {
    if (Files.isDirectory(model)) {
      return HfFolder.read(model, arena);
    }
    return read(model.toString(), ModelFiles.map(model, arena));
  }

  /**
   * Reads the headers of a model file. Tensor data is not touched.
   *
   * @param source the file's name, for messages
   * @param file the file's bytes; the checkpoint's tensors are views of them
   * @return the checkpoint
   * @throws ModelFormatException if the file is not a model, or a damaged one
   * @throws UnsupportedModelException if it is a model of another kind
   */
  public static Checkpoint read(String source, MemorySegment file) {
    ByteCursor in = new ByteCursor(source, file);
    byte[] magic = in.take(MAGIC_BYTES, "magic").toArray(ValueLayout.JAVA_BYTE);
    return switch (new String(magic, StandardCharsets.ISO_8859_1)) {
      case "24ka" -> VersionedReader.read(in);
      case "Q4V1" -> TensorMajorReader.read(in, "Q4V1", new Int4(), Framing.FLAGGED_BLOCKS);
      case "Q8V1" ->
          TensorMajorReader.read(
              in,
              "Q8V1",
              new Int8(Int8.Layout.GROUPS, TensorMajorReader.BLOCK),
              Framing.FLAGGED_BLOCKS);
      case "TMAC" -> {
        refuseNamedTensors(source, file);
        yield TensorMajorReader.read(in, "TMAC", new TernaryV1(), Framing.PLAIN);
      }
      case "TM2\0" -> TensorMajorReader.read(in, "TM2", new TernaryV2(), Framing.FLAGGED_SHAPES);
      case GgufFile.MAGIC -> GgufReader.read(source, file);
      case "TMC2", "ak42" ->
          throw new UnsupportedModelException(
              source,
              0,
              "llama2.c v0, v1 or v2, Q4V1, Q8V1, TMAC, TM2 or GGUF",
              "a file that begins with " + new String(magic, StandardCharsets.US_ASCII));
      default -> readOther(source, file, magic);
    };
  }

  /**
   * Another container has the magic TMAC too. Its header:
   *
   * <pre>
   *   "TMAC" | version 2 | hidden size | layers | heads | vocabulary | 2 bits | groups of 4
   * </pre>
   */
  private static void refuseNamedTensors(String source, MemorySegment file) {
    ByteCursor in = new ByteCursor(source, file);
    in.take(MAGIC_BYTES, "magic");
    if (file.byteSize() < MAGIC_BYTES + 7 * 4) {
      return;
    }
    int version = in.int32("version");
    in.take(4 * 4, "sizes");
    int bits = in.int32("bits");
    int group = in.int32("group");
    if (version == 2 && bits == 2 && group == 4) {
      throw new UnsupportedModelException(
          source,
          MAGIC_BYTES,
          "a TMAC file of seven llama2.c header fields",
          "the other container with this magic (version 2, named tensors); convert the model anew");
    }
  }

  private static Checkpoint readOther(String source, MemorySegment file, byte[] magic) {
    for (PluginFormat format : ServiceLoader.load(PluginFormat.class)) {
      if (Arrays.equals(format.magic(), magic)) {
        ByteCursor in = new ByteCursor(source, file);
        in.take(MAGIC_BYTES, "magic");
        return TensorMajorReader.read(in, format.id(), format, Framing.PLAIN);
      }
    }
    try {
      ByteCursor in = new ByteCursor(source, file);
      return TensorMajorReader.read(in, "llama2.c v0", new F32(), Framing.PLAIN);
    } catch (ModelFormatException e) {
      throw new ModelFormatException(
          source,
          e.offset(),
          e.expected(),
          e.found()
              + " (there is no known magic: the file begins with "
              + HexFormat.ofDelimiter(" ").formatHex(magic)
              + ", so it was read as llama2.c v0)");
    }
  }
}
