// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;

/** What each request does, and what those get that are not right. */
@Timeout(60)
class RequestsTest {
  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int DISC = 2;
  private static final int FLUSH = 3;
  private static final int TRIM = 4;
  private static final int WRITE_ZEROES = 6;
  private static final int SIZE = 1 << 20;
  private static final int MAX_PAYLOAD = 32 << 20;

  private final TestDevice device = new TestDevice(SIZE);

  private static byte[] filled(int count, int value) {
    byte[] bytes = new byte[count];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private byte[] onDevice(long offset, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    device.read(offset, bytes);
    return bytes.array();
  }

  @Test
  void whatIsWrittenIsReadBackAtAnyOffset() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      assertThat(client.write(511, new byte[] {1, 2, 3})).isZero();
      assertThat(client.read(510, 5)).containsExactly(0, 1, 2, 3, 0);
      assertThat(client.write(SIZE - 1, new byte[] {9})).isZero();
      assertThat(client.read(SIZE - 2, 2)).containsExactly(0, 9);
      assertThat(client.read(SIZE, 0)).isEmpty();
      assertThat(device.log()).doesNotContain("flush");
    }
  }

  @Test
  void theLargestRequestsWorkAndOneByteMoreDoesNot() throws Exception {
    byte[] data = new byte[MAX_PAYLOAD];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 31 + (i >> 13));
    }
    try (Served served = Served.of(BlockDevices.inMemory("memory", 3L * MAX_PAYLOAD))) {
      try (TestClient client = served.client()) {
        assertThat(client.write(4096, data)).isZero();
        assertThat(client.read(4096, MAX_PAYLOAD)).isEqualTo(data);
        assertThat(client.call(READ, 0, 0, MAX_PAYLOAD + 1L)).isEqualTo(TestClient.EINVAL);
        assertThat(client.call(READ, 0, 0, 0xffff_ffffL)).isEqualTo(TestClient.EINVAL);
        client.request(WRITE, 0, 0, MAX_PAYLOAD + 1L);
        assertThat(client.isEnded()).isTrue();
        assertThat(served.complaint()).contains("expected at most 33554432 bytes to write at once");
      }
      try (TestClient client = served.client()) {
        assertThat(client.read(4096, 512)).isEqualTo(Arrays.copyOf(data, 512));
      }
    }
  }

  @Test
  void flushFlushesTheDevice() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      assertThat(client.call(FLUSH, 0, 0, 0)).isZero();
      assertThat(client.call(FLUSH, TestClient.FUA, 0, 0)).isZero();
      assertThat(client.call(FLUSH, 0, 0, 1)).isEqualTo(TestClient.EINVAL);
      assertThat(client.call(FLUSH, 0, 1, 0)).isEqualTo(TestClient.EINVAL);
      assertThat(device.log()).containsExactly("flush", "flush");
    }
  }

  @Test
  void aFlushCoversWhatOtherConnectionsHaveWritten() throws Exception {
    SimulatedDisks disks = new SimulatedDisks(1);
    try (Served served = Served.of(disks.add("disk", SIZE));
        TestClient writer = served.client();
        TestClient flusher = served.client()) {
      assertThat(writer.write(0, filled(512, 7))).isZero();
      assertThat(disks.undecidedWrites()).hasSize(1);
      assertThat(flusher.call(FLUSH, 0, 0, 0)).isZero();
      assertThat(disks.undecidedWrites()).isEmpty();
      assertThat(read(disks.crashImage(Unflushed.LOST).disk("disk"), 0, 512))
          .isEqualTo(filled(512, 7));
    }
  }

  private static byte[] read(SimulatedBlockDevice disk, long offset, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    disk.read(offset, bytes);
    return bytes.array();
  }

  @Test
  void aWriteThatShallBeDurableIsFlushedBeforeTheReply() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      assertThat(client.call(WRITE, TestClient.FUA, 512, 2, (byte) 1, (byte) 2)).isZero();
      assertThat(device.log()).containsExactly("write 2 at 512", "flush");
      assertThat(client.call(WRITE_ZEROES, TestClient.FUA, 0, 1024)).isZero();
      assertThat(device.log().subList(2, 4)).containsExactly("write 1024 at 0", "flush");
      // Where nothing is written there is nothing to be made durable.
      assertThat(client.call(READ, TestClient.FUA, 0, 1)).isZero();
      client.bytes(1);
      assertThat(client.call(TRIM, TestClient.FUA, 0, 512)).isZero();
      assertThat(device.log().subList(4, 5)).containsExactly("read 1 at 0");
      assertThat(device.log()).hasSize(5);
    }
  }

  @Test
  void zerosAreWrittenInPiecesAndNowhereElse() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      assertThat(client.write(0, filled(SIZE, 5))).isZero();
      device.log().clear();
      int length = SIZE - 1001;
      assertThat(client.call(WRITE_ZEROES, 0, 1000, length)).isZero();
      assertThat(device.log()).hasSize(4).allMatch(line -> line.startsWith("write "));
      // Whether there may be holes or not: here there are none.
      assertThat(client.call(WRITE_ZEROES, 2, 0, 1)).isZero();
      byte[] expected = filled(SIZE, 5);
      Arrays.fill(expected, 1000, 1000 + length, (byte) 0);
      expected[0] = 0;
      assertThat(onDevice(0, SIZE)).isEqualTo(expected);
    }
  }

  @Test
  void moreZerosThanOneWriteMayHaveAreWrittenToo() throws Exception {
    long size = 5L << 30;
    try (Served served = Served.of(BlockDevices.inMemory("memory", size))) {
      try (TestClient client = served.client()) {
        assertThat(client.write(MAX_PAYLOAD, new byte[] {1, 2})).isZero();
        assertThat(client.call(WRITE_ZEROES, 0, 1, MAX_PAYLOAD)).isZero();
        assertThat(client.read(MAX_PAYLOAD, 3)).containsExactly(0, 2, 0);
      }
    }
  }

  @Test
  void aTrimLeavesEverythingAsItIs() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      assertThat(client.write(0, filled(4096, 5))).isZero();
      assertThat(client.call(TRIM, 0, 0, SIZE)).isZero();
      assertThat(client.read(0, 4096)).isEqualTo(filled(4096, 5));
    }
  }

  @Test
  void whatIsNotWithinTheDeviceIsRefusedAndTheConnectionGoesOn() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      for (long offset : List.of(SIZE - 1L, (long) SIZE, 1L << 62, Long.MAX_VALUE, -1L, -512L)) {
        assertThat(client.call(READ, 0, offset, 2)).isEqualTo(TestClient.EINVAL);
        assertThat(client.call(TRIM, 0, offset, 2)).isEqualTo(TestClient.EINVAL);
        assertThat(client.write(offset, new byte[] {1, 2})).isEqualTo(TestClient.ENOSPC);
        assertThat(client.call(WRITE_ZEROES, 0, offset, 2)).isEqualTo(TestClient.ENOSPC);
      }
      assertThat(client.call(WRITE_ZEROES, 0, 1, 0xffff_ffffL)).isEqualTo(TestClient.ENOSPC);
      assertThat(device.log()).isEmpty();
      assertThat(client.read(0, 1)).containsExactly(0);
      assertThat(served.complaints()).isEmpty();
    }
  }

  @Test
  void aDeviceThatIsReadOnlyIsNotWrittenTo() throws Exception {
    try (Served served = Served.of(BlockDevices.readOnly(device));
        TestClient client = served.client()) {
      assertThat(client.write(0, new byte[] {1})).isEqualTo(TestClient.EPERM);
      assertThat(client.write(SIZE, new byte[] {1})).isEqualTo(TestClient.EPERM);
      assertThat(client.call(WRITE_ZEROES, 0, 0, 512)).isEqualTo(TestClient.EPERM);
      assertThat(client.call(TRIM, 0, 0, 512)).isEqualTo(TestClient.EPERM);
      assertThat(client.call(FLUSH, 0, 0, 0)).isZero();
      assertThat(client.read(0, 1)).containsExactly(0);
      assertThat(device.log()).containsExactly("flush", "read 1 at 0");
    }
  }

  @Test
  void commandsAndFlagsThatItDoesNotKnowAreRefusedAndTheConnectionGoesOn() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      for (int command : List.of(5, 7, 8, 99, 0xffff)) {
        assertThat(client.call(command, 0, 0, 512)).isEqualTo(TestClient.EINVAL);
      }
      for (int flags : List.of(2, 4, 8, 16, 0x8000)) {
        assertThat(client.call(READ, flags, 0, 512)).isEqualTo(TestClient.EINVAL);
        assertThat(client.call(WRITE, flags, 0, 2, (byte) 1, (byte) 2))
            .isEqualTo(TestClient.EINVAL);
      }
      // It was never offered to write zeros only if that is fast.
      assertThat(client.call(WRITE_ZEROES, 16, 0, 512)).isEqualTo(TestClient.EINVAL);
      assertThat(device.log()).isEmpty();
      assertThat(client.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void whatFailsOnTheDeviceIsAnErrorForTheClientAndTheReasonIsReported() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      device.before(
          (what, at) -> {
            throw new IOException("broken at " + at);
          });
      assertThat(client.call(READ, 0, 512, 100)).isEqualTo(TestClient.EIO);
      assertThat(served.complaint())
          .isEqualTo(
              "'memory': command 0 with flags 0, 100 bytes at byte offset 512:"
                  + " java.io.IOException: broken at 512");
      assertThat(client.write(0, new byte[] {1})).isEqualTo(TestClient.EIO);
      assertThat(served.complaint()).contains("command 1");
      assertThat(client.call(FLUSH, 0, 0, 0)).isEqualTo(TestClient.EIO);
      assertThat(served.complaint()).contains("command 3");
      device.before(
          (what, at) -> {
            throw new IllegalStateException("a mistake");
          });
      assertThat(client.call(WRITE_ZEROES, 0, 0, 512)).isEqualTo(TestClient.EIO);
      assertThat(served.complaint()).contains("a mistake");
      device.before((what, at) -> {});
      assertThat(client.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void aDurableWriteWhoseFlushFailsHasFailed() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      device.before(
          (what, at) -> {
            if (what.equals("flush")) {
              throw new IOException("not durable");
            }
          });
      assertThat(client.call(WRITE, TestClient.FUA, 0, 1, (byte) 1)).isEqualTo(TestClient.EIO);
      assertThat(served.complaint()).contains("not durable");
    }
  }

  @Test
  void wrongMagicEndsTheConnection() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client();
        TestClient another = served.client()) {
      client.send(TestClient.header(TestClient.REQUEST_MAGIC + 1, READ, 0, 1, 0, 1));
      assertThat(client.isEnded()).isTrue();
      assertThat(served.complaint())
          .contains("expected a request that begins with 25609513, found 25609514");
      assertThat(another.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void aDisconnectIsFollowedByTheRepliesThatAreDueAndTheEnd() throws Exception {
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      for (int i = 0; i < 10; i++) {
        client.request(WRITE, 0, i, 1, (byte) i);
      }
      client.request(DISC, 0, 0, 0);
      for (int i = 0; i < 10; i++) {
        assertThat(client.reply().error()).isZero();
      }
      assertThat(client.isEnded()).isTrue();
      assertThat(onDevice(0, 10)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      assertThat(served.complaints()).isEmpty();
    }
  }

  @Test
  void aWriteThatIsCutOffChangesNothing() throws Exception {
    try (Served served = Served.of(device);
        TestClient another = served.client()) {
      try (TestClient client = served.client()) {
        client.request(WRITE, 0, 0, 100_000, filled(60_000, 1));
      }
      assertThat(served.complaint()).contains("ended in the middle of a message");
      assertThat(device.log()).isEmpty();
      assertThat(another.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void aClientThatLeavesWithoutAWordIsNoTrouble() throws Exception {
    try (Served served = Served.of(device);
        TestClient another = served.client()) {
      served.client().close();
      TestClient.connect(served.address()).close();
      assertThat(another.read(0, 1)).containsExactly(0);
    }
  }
}
