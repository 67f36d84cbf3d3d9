/**
 * Runs tmac and other JVM engines on models of the same shape and compares their speed. Not part of
 * the library: only the Maven profile {@code peers} compiles it. {@link io.tmac.peers.Peers} starts
 * one JVM per engine and round, and in each of them {@link io.tmac.peers.Trial} times one engine.
 */
package io.tmac.peers;
