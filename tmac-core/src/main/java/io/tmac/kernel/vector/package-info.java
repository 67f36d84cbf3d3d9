/** Kernels with the Vector API. The only package that imports {@code jdk.incubator.vector}. */
package io.tmac.kernel.vector;
