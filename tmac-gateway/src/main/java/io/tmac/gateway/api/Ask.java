package io.tmac.gateway.api;

import io.tmac.gateway.engine.Job;
import io.tmac.gateway.engine.ServedModel;
import java.util.List;

/**
 * What a client asks, read from one of the APIs.
 *
 * @param model who answers
 * @param jobs one per answer that is wanted
 * @param stream whether the answer is sent piece by piece
 * @param usage whether a stream ends with the numbers of tokens
 * @param logprobs whether probabilities of tokens are wanted
 */
record Ask(ServedModel model, List<Job> jobs, boolean stream, boolean usage, boolean logprobs) {}
