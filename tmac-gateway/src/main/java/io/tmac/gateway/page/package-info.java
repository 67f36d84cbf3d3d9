/** What browsers see. */
package io.tmac.gateway.page;
