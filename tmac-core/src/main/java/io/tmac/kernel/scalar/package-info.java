/** Plain loops: the reference that vector kernels are tested against, and the fallback. */
package io.tmac.kernel.scalar;
