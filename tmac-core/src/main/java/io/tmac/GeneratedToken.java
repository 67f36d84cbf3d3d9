package io.tmac;

import io.tmac.sampling.Logprobs;
import java.util.Optional;

/**
 * One step of a generation.
 *
 * @param id the token that was chosen
 * @param text the text that became certain with it: whole characters, and nothing that may yet turn
 *     out to be a stop string; often empty. All texts of a generation joined are its text
 * @param logprobs how probable the model found the token, if the request asked for it
 */
public record GeneratedToken(int id, String text, Optional<Logprobs> logprobs) {}
