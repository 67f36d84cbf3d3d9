package io.tmac.quant.cli;

import io.tmac.quant.Divergence;
import io.tmac.quant.ModelSize;
import io.tmac.quant.TensorError;
import java.util.List;
import java.util.Optional;

/**
 * What {@code compare} has found out about one model.
 *
 * @param size its size
 * @param errors the errors of its tensors
 * @param divergence how it predicts the text, if there is one
 */
record ModelReport(ModelSize size, List<TensorError> errors, Optional<Divergence> divergence) {}
