/** A small web layer over the JDK's HTTP server: routes, bodies, errors, streams. */
package io.tmac.gateway.http;
