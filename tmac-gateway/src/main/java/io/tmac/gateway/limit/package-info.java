/** How much a caller may ask for, and when. */
package io.tmac.gateway.limit;
