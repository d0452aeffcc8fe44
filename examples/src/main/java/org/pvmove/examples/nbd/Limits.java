// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import java.time.Duration;

/**
 * What clients may ask of a server, so that none can make it use up memory, threads or time.
 *
 * @param connections how many there may be at once; more are closed as soon as they come
 * @param requestsInFlight how many requests of one connection are worked on at once; the next ones
 *     wait in the socket
 * @param handshake how long a client may take until it has chosen an export
 * @param replies how long a server that is being closed waits for its clients to take the replies
 *     to what was in flight
 */
record Limits(int connections, int requestsInFlight, Duration handshake, Duration replies) {
  static final Limits USUAL = new Limits(32, 16, Duration.ofSeconds(30), Duration.ofSeconds(5));
}
