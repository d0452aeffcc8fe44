// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.examples.nbd.TestClient.OptionReply;
import org.pvmove.io.BlockDevices;

/** How clients choose an export, and how they are told that they cannot. */
@Timeout(60)
class HandshakeTest {
  private static final long SIZE = 123 * 512;
  private static final int ACK = 1;
  private static final int UNSUPPORTED = 0x80000001;
  private static final int INVALID = 0x80000003;
  private static final int UNKNOWN = 0x80000006;

  /** HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES, CAN_MULTI_CONN. */
  private static final int WRITABLE = 1 | 4 | 8 | 32 | 64 | 256;

  /** HAS_FLAGS, READ_ONLY, SEND_FLUSH, CAN_MULTI_CONN. */
  private static final int READ_ONLY = 1 | 2 | 4 | 256;

  @TempDir private Path directory;

  private static Served disk() throws IOException {
    return Served.of(BlockDevices.inMemory("memory", SIZE));
  }

  @Test
  void theOldOptionAnswersWithSizeFlagsAndZeros() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 1)) {
      client.sendOption(TestClient.OPTION_MAGIC, 1, 4, "disk".getBytes(UTF_8));
      ByteBuffer reply = client.bytes(8 + 2 + 124);
      assertThat(reply.getLong()).isEqualTo(SIZE);
      assertThat(reply.getShort()).isEqualTo((short) WRITABLE);
      assertThat(reply.slice()).isEqualTo(ByteBuffer.allocate(124));
      assertThat(client.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void theOldOptionAnswersWithoutZerosToThoseWhoDeclineThem() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      client.sendOption(TestClient.OPTION_MAGIC, 1, 4, "disk".getBytes(UTF_8));
      client.bytes(8 + 2);
      assertThat(client.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void theOldOptionEndsTheConnectionIfThereIsNoSuchExport() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      client.sendOption(TestClient.OPTION_MAGIC, 1, 4, "disc".getBytes(UTF_8));
      assertThat(client.isEnded()).isTrue();
      assertThat(served.complaint()).contains("no export has the name");
    }
  }

  @Test
  void goTellsSizeFlagsAndBlockSizesAndGoesOn() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      List<OptionReply> replies = client.option(7, TestClient.infoRequest("disk", 3, 1));
      assertThat(replies).extracting(OptionReply::type).containsExactly(3, 3, ACK);
      ByteBuffer export = replies.get(0).data();
      assertThat(export.getShort()).isZero();
      assertThat(export.getLong()).isEqualTo(SIZE);
      assertThat(export.getShort()).isEqualTo((short) WRITABLE);
      assertThat(export.hasRemaining()).isFalse();
      ByteBuffer sizes = replies.get(1).data();
      assertThat(sizes.getShort()).isEqualTo((short) 3);
      assertThat(sizes.getInt()).isEqualTo(1);
      assertThat(sizes.getInt()).isEqualTo(4096);
      assertThat(sizes.getInt()).isEqualTo(32 << 20);
      assertThat(sizes.hasRemaining()).isFalse();
      assertThat(client.read(SIZE - 1, 1)).containsExactly(0);
    }
  }

  @Test
  void infoTellsTheSameAndTheHandshakeGoesOn() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      List<OptionReply> info = client.option(6, TestClient.infoRequest("disk"));
      assertThat(info).extracting(OptionReply::type).containsExactly(3, 3, ACK);
      assertThat(client.option(7, TestClient.infoRequest("disk")))
          .extracting(OptionReply::data)
          .isEqualTo(info.stream().map(OptionReply::data).toList());
      assertThat(client.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void aDeviceThatIsReadOnlyIsExportedAsThat() throws Exception {
    try (Served served = Served.of(BlockDevices.readOnly(BlockDevices.inMemory("memory", SIZE)));
        TestClient client = TestClient.greeted(served.address(), 3)) {
      ByteBuffer export = client.option(6, TestClient.infoRequest("disk")).get(0).data();
      assertThat(export.getShort(10)).isEqualTo((short) READ_ONLY);
    }
  }

  @Test
  void anExportThatIsNotThereIsRefusedAndAnotherCanBeChosen() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      for (int option : List.of(6, 7)) {
        assertThat(client.option(option, TestClient.infoRequest("disc")))
            .extracting(OptionReply::type)
            .containsExactly(UNKNOWN);
      }
      client.option(7, TestClient.infoRequest("disk"));
      assertThat(client.read(0, 1)).containsExactly(0);
    }
  }

  @Test
  void noNameMeansTheOnlyExportAndNothingWhereThereAreTwo() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.of(served.address(), "")) {
      assertThat(client.read(0, 1)).containsExactly(0);
    }
    try (Served served =
            Served.of(
                Map.of(
                    "a", BlockDevices.inMemory("a", SIZE), "b", BlockDevices.inMemory("b", SIZE)));
        TestClient client = TestClient.greeted(served.address(), 3)) {
      assertThat(client.option(7, TestClient.infoRequest("")))
          .extracting(OptionReply::type)
          .containsExactly(UNKNOWN);
    }
  }

  @Test
  void listNamesEveryExport() throws Exception {
    try (Served served =
            Served.of(
                ImmutableMap.of(
                    "vg/home", BlockDevices.inMemory("a", SIZE),
                    "größe", BlockDevices.inMemory("b", SIZE)));
        TestClient client = TestClient.greeted(served.address(), 3)) {
      List<OptionReply> replies = client.option(3);
      assertThat(replies).extracting(OptionReply::type).containsExactly(2, 2, ACK);
      assertThat(replies.subList(0, 2))
          .extracting(reply -> text(reply.data()))
          .containsExactly("vg/home", "größe");
      assertThat(client.option(3, (byte) 1)).extracting(OptionReply::type).containsExactly(INVALID);
      try (TestClient another = TestClient.of(served.address(), "größe")) {
        assertThat(another.read(0, 1)).containsExactly(0);
      }
    }
  }

  private static String text(ByteBuffer lengthAndName) {
    assertThat(lengthAndName.getInt()).isEqualTo(lengthAndName.remaining());
    return UTF_8.decode(lengthAndName).toString();
  }

  @Test
  void abortIsAcknowledgedAndEndsTheConnection() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      assertThat(client.option(2)).extracting(OptionReply::type).containsExactly(ACK);
      assertThat(client.isEnded()).isTrue();
      assertThat(served.complaints()).isEmpty();
    }
  }

  @Test
  void whoLeavesRightAfterItsAbortIsNoTrouble() throws Exception {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("nbd.socket"));
    try (Served served = Served.at(address, BlockDevices.inMemory("memory", SIZE))) {
      for (int i = 0; i < 200; i++) {
        try (TestClient client = TestClient.greeted(address, 3)) {
          client.sendOption(TestClient.OPTION_MAGIC, 2, 0, new byte[0]);
        }
      }
      assertThat(served.complaints()).filteredOn(text -> !text.contains("too many")).isEmpty();
    }
  }

  @Test
  void optionsThatItDoesNotKnowAreRefusedAndTheHandshakeGoesOn() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      // TLS, structured replies, metadata contexts, extended headers, and what nobody knows.
      for (int option : List.of(0, 4, 5, 8, 9, 10, 11, 12, -1)) {
        assertThat(client.option(option, new byte[100]))
            .extracting(OptionReply::type)
            .containsExactly(UNSUPPORTED);
      }
      assertThat(client.option(7, TestClient.infoRequest("disk"))).hasSize(3);
    }
  }

  @Test
  void lengthsThatContradictEachOtherAreRefused() throws Exception {
    byte[] good = TestClient.infoRequest("disk", 3);
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      for (int length = 0; length < good.length; length++) {
        assertThat(client.option(7, Arrays.copyOf(good, length)))
            .extracting(OptionReply::type)
            .containsExactly(INVALID);
      }
      assertThat(client.option(7, Arrays.copyOf(good, good.length + 1)))
          .extracting(OptionReply::type)
          .containsExactly(INVALID);
      byte[] longName = good.clone();
      ByteBuffer.wrap(longName).putInt(-1);
      assertThat(client.option(7, longName)).extracting(OptionReply::type).containsExactly(INVALID);
      assertThat(client.option(7, good)).hasSize(3);
    }
  }

  @Test
  void anOptionThatIsTooLongEndsTheConnectionUnread() throws Exception {
    try (Served served = disk()) {
      for (int length : List.of((64 << 10) + 1, Integer.MAX_VALUE, -1)) {
        try (TestClient client = TestClient.greeted(served.address(), 3)) {
          client.sendOption(TestClient.OPTION_MAGIC, 3, length, new byte[0]);
          assertThat(client.isEnded()).isTrue();
        }
        assertThat(served.complaint()).contains("expected an option of at most 65536 bytes");
      }
      try (TestClient client = TestClient.greeted(served.address(), 3)) {
        assertThat(client.option(99, new byte[64 << 10])).hasSize(1);
      }
    }
  }

  @Test
  void wrongMagicEndsTheConnection() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 3)) {
      client.sendOption(TestClient.OPTION_MAGIC + 1, 3, 0, new byte[0]);
      assertThat(client.isEnded()).isTrue();
      assertThat(served.complaint())
          .contains("expected an option that begins with 49484156454f5054, found 4948");
    }
  }

  @Test
  void clientFlagsThatWereNotOfferedEndTheConnection() throws Exception {
    try (Served served = disk();
        TestClient client = TestClient.greeted(served.address(), 7)) {
      assertThat(client.isEnded()).isTrue();
      assertThat(served.complaint()).contains("expected client flags among 0x3, found 0x7");
    }
  }

  @Test
  void whoChoosesNothingIsNotWaitedForForever() throws Exception {
    Limits impatient = new Limits(1, 1, Duration.ofMillis(50), Duration.ofSeconds(5));
    try (Served served = Served.of(BlockDevices.inMemory("memory", SIZE), impatient);
        TestClient silent = TestClient.connect(served.address())) {
      silent.bytes(18);
      assertThat(silent.isEnded()).isTrue();
      assertThat(served.complaint()).contains("no export chosen within PT0.05S");
      assertThat(served.complaints()).isEmpty();
    }
  }

  @Test
  void aNameThatNoClientCanSayIsRefused() {
    for (String name : List.of("a\0b", "x".repeat(4097))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Served.of(Map.of(name, BlockDevices.inMemory("memory", SIZE))))
          .withMessageContaining("name of an export");
    }
  }
}
