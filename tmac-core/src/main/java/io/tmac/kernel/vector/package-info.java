/**
 * Kernels with the Vector API. The only package that imports {@code jdk.incubator.vector}.
 *
 * <p>Two rules keep vectors in registers, and tests watch them. A vector that a loop carries is an
 * argument, never the receiver: {@code x.add(sum)} in the loop, {@code zero.add(sum)} for its first
 * use behind it. And a method with vectors is longer than C2 would copy into its callers. See
 * docs/kernels.md.
 */
package io.tmac.kernel.vector;
