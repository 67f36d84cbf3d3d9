/** The database of keys, totals and the audit log. */
package io.tmac.gateway.store;
