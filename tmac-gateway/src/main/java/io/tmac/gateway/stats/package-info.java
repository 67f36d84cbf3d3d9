/** What was asked and how long it took, and the log of calls. */
package io.tmac.gateway.stats;
