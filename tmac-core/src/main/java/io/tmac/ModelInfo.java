package io.tmac;

/**
 * What a loaded model is and how it runs. A health check can assert on it: {@code kernels} is
 * {@code "scalar"} when the JVM was started without the Vector API.
 *
 * @param source the file's name
 * @param config the model's shape
 * @param container what kind of file it came from, for example {@code "TM2"}
 * @param format the format of its large matrices, for example {@code "ternary_v2"}
 * @param fileBytes size of the file
 * @param weightBytes memory of the weights that were copied into kernel layouts; 0 if all kernels
 *     read the mapped file itself
 * @param kernels the active kernel provider, {@code "vector"} or {@code "scalar"}
 * @param vectorBits width of its vectors, 0 for scalar
 * @param activations how inputs of quantised matrices are represented
 * @param kvCache how sessions store keys and values
 * @param threads compute threads, the caller included
 * @param contextLength longest sequence in tokens, as the options limited it
 */
public record ModelInfo(
    String source,
    ModelConfig config,
    String container,
    String format,
    long fileBytes,
    long weightBytes,
    String kernels,
    int vectorBits,
    Activations activations,
    KvCacheType kvCache,
    int threads,
    int contextLength) {}
