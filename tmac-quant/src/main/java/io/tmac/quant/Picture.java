package io.tmac.quant;

import io.tmac.TmacException;
import io.tmac.quant.encode.OutputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** A picture in a file. All classes that a JVM may lack are behind what draws it. */
@FunctionalInterface
interface Picture {

  /** Draws it; returns the bytes of a PNG file. */
  byte[] png() throws IOException;

  /**
   * Writes a file, which appears when it is complete.
   *
   * @throws TmacException if this JVM lacks what drawing needs
   */
  static void write(Picture picture, Path png) throws IOException {
    try (OutputFile output = OutputFile.create(png)) {
      output.write(ByteBuffer.wrap(drawn(picture)));
      output.commit();
    }
  }

  private static byte[] drawn(Picture picture) throws IOException {
    try {
      return picture.png();
    } catch (LinkageError | InternalError e) { // The latter if there are no fonts.
      throw new TmacException(
          "this JVM cannot draw: a picture needs XChart on the class path, a Java runtime with the"
              + " module java.desktop, and the system's font libraries: "
              + e,
          e);
    }
  }
}
