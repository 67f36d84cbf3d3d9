/**
 * Matrix multiplication: the types that every kernel provider shares. {@link
 * io.tmac.kernel.KernelProvider} is chosen once at start-up; {@link io.tmac.kernel.Linear} is a
 * matrix in the layout of its kernel; {@link io.tmac.kernel.Matmul} splits the rows over a {@link
 * io.tmac.kernel.WorkerPool}.
 */
package io.tmac.kernel;
