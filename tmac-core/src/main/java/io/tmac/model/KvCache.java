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

  /** Frees the pages behind {@code positions} positions. */
  void trim(int positions) {
    for (KvPages layer : layers) {
      layer.trim(positions);
    }
  }

  /** Copies the first positions of a cache of the same model; there is room for them. */
  void copy(KvCache source, int positions) {
    for (int l = 0; l < layers.length; l++) {
      layers[l].copy(source.layers[l], positions);
    }
  }

  int capacity() {
    return layers[0].capacity();
  }

  long bytes() {
    long bytes = 0;
    for (KvPages layer : layers) {
      bytes += layer.bytes();
    }
    return bytes;
  }
}
