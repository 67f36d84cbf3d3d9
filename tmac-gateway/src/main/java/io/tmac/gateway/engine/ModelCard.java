package io.tmac.gateway.engine;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What is known about a model.
 *
 * @param modified when its file was written, or when it was configured
 * @param bytes size of its file, 0 if unknown
 * @param digest what tells its content from others', or an empty string
 * @param format file format, or {@code upstream}
 * @param family architecture
 * @param parameters number of weights, 0 if unknown
 * @param quantization weight format in short
 * @param contextLength tokens, 0 if unknown
 * @param chatTemplate the template of conversations, if it has one
 * @param info more, as {@code general.architecture} and the like
 */
public record ModelCard(
    Instant modified,
    long bytes,
    String digest,
    String format,
    String family,
    long parameters,
    String quantization,
    int contextLength,
    Optional<String> chatTemplate,
    Map<String, Object> info) {}
