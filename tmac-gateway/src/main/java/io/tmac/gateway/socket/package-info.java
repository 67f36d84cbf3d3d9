/** Chats over WebSocket, answered by the same handlers as HTTP requests. */
package io.tmac.gateway.socket;
