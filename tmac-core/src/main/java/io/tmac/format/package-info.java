/**
 * Weight formats: how the bytes of a tensor mean numbers. {@link io.tmac.format.WeightFormat} is
 * the strategy; the built-in formats are records, and {@link io.tmac.format.PluginFormat} lets an
 * application add its own.
 */
package io.tmac.format;
