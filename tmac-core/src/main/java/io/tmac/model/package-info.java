/** The transformer: weights ready to multiply, the state of a sequence, and the forward pass. */
package io.tmac.model;
