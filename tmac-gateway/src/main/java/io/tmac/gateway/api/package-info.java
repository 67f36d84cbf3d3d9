/** The endpoints: OpenAI's, Ollama's, and the gateway's own. */
package io.tmac.gateway.api;
