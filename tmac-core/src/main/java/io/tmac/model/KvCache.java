package io.tmac.model;

import io.tmac.KvCacheType;
import io.tmac.ModelConfig;
import io.tmac.kernel.KvPages;

/** The keys and values of one sequence in all layers. It grows in pages. */
final class KvCache {
  private final KvPages[] layers;

  KvCache(ModelConfig config, KvCacheType type) {
    layers = new KvPages[config.layers()];
    for (int l = 0; l < layers.length; l++) {
      layers[l] = new KvPages(type, config.kvHeads(), config.headDim(), config.slidingWindow());
    }
  }

  KvPages layer(int layer) {
    return layers[layer];
  }

  /** Makes room for {@code positions} positions. */
  void reserve(int positions) {
    for (KvPages layer : layers) {
      layer.reserve(positions);
    }
  }

  long bytes() {
    long bytes = 0;
    for (KvPages layer : layers) {
      bytes += layer.bytes();
    }
    return bytes;
  }
}
