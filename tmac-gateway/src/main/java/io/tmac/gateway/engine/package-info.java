/** The models that are served, whether they run here or behind another server. */
package io.tmac.gateway.engine;
