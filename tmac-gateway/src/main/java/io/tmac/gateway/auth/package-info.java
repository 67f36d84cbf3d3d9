/** Who calls: API keys, tokens, and the log of what administrators do. */
package io.tmac.gateway.auth;
