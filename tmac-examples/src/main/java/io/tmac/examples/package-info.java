/**
 * Small programs that show the library. {@link io.tmac.examples.EmbedInYourApp} is the shortest one
 * and the place to start; {@link io.tmac.examples.Main} is the command line over all of them.
 */
package io.tmac.examples;
