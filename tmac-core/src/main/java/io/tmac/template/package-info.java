/**
 * Renders the Jinja templates that chat models carry. A template comes from a model file: it can
 * reach nothing but the values it is given, and what it may spend is bounded.
 */
package io.tmac.template;
