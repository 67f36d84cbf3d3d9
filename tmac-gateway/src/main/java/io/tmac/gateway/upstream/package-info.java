/** Models that other servers run, reached through OpenAI's interface. */
package io.tmac.gateway.upstream;
