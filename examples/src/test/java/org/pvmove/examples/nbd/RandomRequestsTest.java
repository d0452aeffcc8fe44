// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.pvmove.examples.nbd.TestClient.Reply;
import org.pvmove.io.BlockDevices;

/** Whatever clients send at once, the device is like an array. */
class RandomRequestsTest {
  private static final int SLOT = 9000;
  private static final int SLOTS = 40;
  private static final int SIZE = SLOT * SLOTS;

  @Property(tries = 25)
  void requestsInFlightOnSeveralConnectionsDoWhatTheyDoToAnArray(@ForAll Random random)
      throws IOException {
    byte[] array = new byte[SIZE];
    List<TestClient> clients = new ArrayList<>();
    try (Served served = Served.of(BlockDevices.inMemory("memory", SIZE))) {
      for (int i = 0; i < 3; i++) {
        clients.add(served.client());
      }
      for (int round = 0; round < 20; round++) {
        round(clients, array, random);
      }
      assertThat(clients.get(0).read(0, SIZE)).isEqualTo(array);
      assertThat(served.complaints()).isEmpty();
    } finally {
      for (TestClient client : clients) {
        client.close();
      }
    }
  }

  /** Requests on ranges that do not overlap, since those that do may come in any order. */
  private static void round(List<TestClient> clients, byte[] array, Random random)
      throws IOException {
    List<Map<Long, byte[]>> expected = new ArrayList<>();
    for (int i = 0; i < clients.size(); i++) {
      expected.add(new HashMap<>());
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      int which = random.nextInt(clients.size());
      expected.get(which).putAll(send(clients.get(which), slot, array, random));
    }
    for (int i = 0; i < clients.size(); i++) {
      Map<Long, byte[]> open = expected.get(i);
      while (!open.isEmpty()) {
        Reply reply = clients.get(i).reply();
        assertThat(reply.error()).isZero();
        byte[] bytes = open.remove(reply.cookie());
        assertThat(bytes).as("a request in flight").isNotNull();
        assertThat(clients.get(i).bytes(bytes.length).array()).isEqualTo(bytes);
      }
    }
  }

  /** Sends a request within a slot; returns its cookie and the bytes that are to come back. */
  private static Map<Long, byte[]> send(TestClient client, int slot, byte[] array, Random random)
      throws IOException {
    int begin = slot * SLOT + random.nextInt(SLOT);
    int length = random.nextInt((slot + 1) * SLOT - begin + 1);
    int flags = random.nextInt(4) == 0 ? TestClient.FUA : 0;
    byte[] nothing = {};
    return switch (random.nextInt(6)) {
      case 0, 1 ->
          Map.of(
              client.request(0, flags, begin, length),
              Arrays.copyOfRange(array, begin, begin + length));
      case 2, 3 -> {
        byte[] data = new byte[length];
        random.nextBytes(data);
        System.arraycopy(data, 0, array, begin, length);
        yield Map.of(client.request(1, flags, begin, length, data), nothing);
      }
      case 4 -> {
        Arrays.fill(array, begin, begin + length, (byte) 0);
        yield Map.of(client.request(6, flags, begin, length), nothing);
      }
      default ->
          random.nextBoolean()
              ? Map.of(client.request(4, flags, begin, length), nothing)
              : Map.of(client.request(3, flags, 0, 0), nothing);
    };
  }
}
