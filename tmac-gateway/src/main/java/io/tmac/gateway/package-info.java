/** An HTTP server for one model: as a program, or embedded in an application. */
package io.tmac.gateway;
