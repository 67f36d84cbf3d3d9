/**
 * Command lines. {@link io.tmac.quant.cli.Program} runs any of them: it knows exit statuses, error
 * messages and encodings. {@link io.tmac.quant.cli.QuantProgram} is the one of this module; its
 * commands only translate between arguments and the library.
 */
package io.tmac.quant.cli;
