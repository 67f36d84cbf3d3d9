package io.tmac.quant.encode;

import java.io.IOException;

/** Writes norms as float32. */
final class Norms {

  private Norms() {}

  static void write(TensorStack norms, Fits fits, TensorWriter out) throws IOException {
    int dim = norms.cols();
    for (int layer = 0; layer < norms.layers().size(); layer++) {
      float[] original = new float[dim];
      norms.read((long) layer * dim, dim, original);
      out.float32(fits.norm(norms.tensor(layer), original));
    }
  }
}
