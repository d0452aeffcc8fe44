// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.pvmove.io.BlockDevice;

/** A server for a test, with what it complains about. */
final class Served implements Closeable {
  private final BlockingQueue<String> complaints = new LinkedBlockingQueue<>();
  private final NbdServer server;

  private Served(SocketAddress address, Map<String, BlockDevice> devices, Limits limits)
      throws IOException {
    server = NbdServer.start(address, devices, complaints::add, limits);
  }

  static Served of(Map<String, BlockDevice> devices) throws IOException {
    return new Served(NbdServer.loopback(0), devices, Limits.USUAL);
  }

  /** Serves one device as "disk". */
  static Served of(BlockDevice device) throws IOException {
    return of(Map.of("disk", device));
  }

  static Served of(BlockDevice device, Limits limits) throws IOException {
    return new Served(NbdServer.loopback(0), Map.of("disk", device), limits);
  }

  static Served at(SocketAddress address, BlockDevice device) throws IOException {
    return new Served(address, Map.of("disk", device), Limits.USUAL);
  }

  NbdServer server() {
    return server;
  }

  SocketAddress address() {
    return server.address();
  }

  /** A client that has chosen the device "disk". */
  TestClient client() throws IOException {
    return TestClient.of(address(), "disk");
  }

  /** Waits for the next complaint. */
  String complaint() throws InterruptedException {
    String complaint = complaints.poll(30, TimeUnit.SECONDS);
    assertThat(complaint).as("a complaint").isNotNull();
    return complaint;
  }

  /** What was complained about and not yet asked for. */
  BlockingQueue<String> complaints() {
    return complaints;
  }

  /** Closes the server now. */
  void end() throws IOException {
    server.close();
  }

  @Override
  public void close() throws IOException {
    end();
  }
}
