// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.examples.nbd.TestClient.Reply;

/** Many requests and connections at once, bad ones among them, and the end of the server. */
@Timeout(120)
class ManyRequestsTest {
  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int WRITE_ZEROES = 6;
  private static final int SIZE = 1 << 20;

  private final TestDevice device = new TestDevice(SIZE);

  @TempDir private Path directory;

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new IOException("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void sixteenRequestsOfOneConnectionAreWorkedOnAtOnceAndNoMore() throws Exception {
    CountDownLatch all = new CountDownLatch(16);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    device.before(
        (what, at) -> {
          most.accumulateAndGet(now.incrementAndGet(), Math::max);
          all.countDown();
          await(all);
          now.decrementAndGet();
        });
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      Set<Long> cookies = new HashSet<>();
      for (int i = 0; i < 100; i++) {
        cookies.add(client.request(WRITE, 0, i, 1, (byte) i));
      }
      for (int i = 0; i < 100; i++) {
        Reply reply = client.reply();
        assertThat(reply.error()).isZero();
        assertThat(cookies.remove(reply.cookie())).isTrue();
      }
      assertThat(most).hasValue(16);
    }
  }

  @Test
  void aRequestThatIsDoneIsRepliedToBeforeAnEarlierOneThatIsNot() throws Exception {
    CountDownLatch slow = new CountDownLatch(1);
    device.before(
        (what, at) -> {
          if (at == 0) {
            await(slow);
          }
        });
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      long first = client.request(READ, 0, 0, 1);
      long second = client.request(READ, 0, 512, 1);
      assertThat(client.reply()).isEqualTo(new Reply(second, 0));
      client.bytes(1);
      slow.countDown();
      assertThat(client.reply()).isEqualTo(new Reply(first, 0));
    }
  }

  @Test
  void whoAsksForMoreBytesThanMayBeInMemoryWaitsAndGetsThemAll() throws Exception {
    int length = 8 << 20;
    TestDevice large = new TestDevice(length);
    CountDownLatch asked = new CountDownLatch(1);
    AtomicInteger started = new AtomicInteger();
    large.before(
        (what, at) -> {
          if (at == 0) {
            started.incrementAndGet();
          }
          await(asked);
        });
    try (Served served = Served.of(large);
        TestClient client = served.client()) {
      for (int i = 0; i < 16; i++) {
        client.request(READ, 0, 0, length);
      }
      assertThat(started).hasValueLessThanOrEqualTo(4);
      asked.countDown();
      for (int i = 0; i < 16; i++) {
        assertThat(client.reply().error()).isZero();
        client.bytes(length);
      }
    }
  }

  @Test
  void manyConnectionsShareADevice() throws Exception {
    try (Served served = Served.of(device)) {
      List<TestClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < 32; i++) {
          clients.add(served.client());
        }
        for (int i = 0; i < 32; i++) {
          clients.get(i).request(WRITE, 0, i, 1, (byte) (i + 1));
        }
        for (TestClient client : clients) {
          assertThat(client.reply().error()).isZero();
        }
        for (int i = 0; i < 32; i++) {
          assertThat(clients.get(31 - i).read(i, 1)).containsExactly(i + 1);
        }
        try (TestClient oneTooMany = TestClient.connect(served.address())) {
          assertThat(oneTooMany.isEnded()).isTrue();
        }
        assertThat(served.complaint()).contains("a connection too many: there are 32");
      } finally {
        for (TestClient client : clients) {
          client.close();
        }
      }
    }
  }

  @Test
  void clientsThatStopInTheMiddleOrTakeNoRepliesDisturbNobody() throws Exception {
    int length = 8 << 20;
    TestDevice large = new TestDevice(length);
    Limits limits = new Limits(8, 16, Duration.ofSeconds(30), Duration.ofMillis(100));
    try (Served served = Served.of(large, limits);
        TestClient silent = TestClient.connect(served.address());
        TestClient half = TestClient.greeted(served.address(), 3);
        TestClient stopped = served.client();
        TestClient greedy = served.client();
        TestClient good = served.client()) {
      silent.bytes(18);
      half.sendOption(TestClient.OPTION_MAGIC, 7, 100, new byte[50]);
      stopped.request(WRITE, 0, 0, 32 << 20, new byte[1000]);
      for (int i = 0; i < 16; i++) {
        greedy.request(READ, 0, 0, length);
      }
      for (int i = 0; i < 100; i++) {
        assertThat(good.write(i, (byte) i)).isZero();
        assertThat(good.read(i, 1)).containsExactly(i);
      }
      served.end();
      assertThat(good.isEnded()).isTrue();
    }
  }

  @Test
  void closingCompletesWhatIsInFlightAndRepliesToIt() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    device.before(
        (what, at) -> {
          started.countDown();
          await(go);
        });
    try (Served served = Served.of(device);
        TestClient client = served.client()) {
      SocketAddress address = served.address();
      client.request(WRITE, 0, 0, 1, (byte) 7);
      await(started);
      CompletableFuture<Void> closing =
          CompletableFuture.runAsync(
              () -> {
                try {
                  served.end();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      awaitRefusal(address);
      assertThat(closing).isNotDone();
      go.countDown();
      closing.get(60, TimeUnit.SECONDS);
      assertThat(device.log()).containsExactly("write 1 at 0");
      assertThat(client.reply().error()).isZero();
      assertThat(client.isEnded()).isTrue();
      assertThat(served.complaints()).isEmpty();
    }
  }

  /** Connects until nobody listens any more. */
  private static void awaitRefusal(SocketAddress address) throws IOException {
    while (true) {
      try {
        TestClient.connect(address).leave();
      } catch (ConnectException e) {
        return;
      } catch (SocketException e) {
        // The listener was closed while this connection waited for it; the next one is refused.
        if (!String.valueOf(e.getMessage()).contains("reset")) {
          throw e;
        }
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void closingGivesUpLongWorkBetweenItsSteps() throws Exception {
    TestDevice huge = new TestDevice(4L << 30);
    CountDownLatch started = new CountDownLatch(1);
    try (Served served = Served.of(huge);
        TestClient client = served.client()) {
      SocketAddress address = served.address();
      huge.before(
          (what, at) -> {
            started.countDown();
            awaitRefusal(address);
          });
      client.request(WRITE_ZEROES, 0, 0, 0xffff_ffffL);
      await(started);
      served.end();
      assertThat(client.reply().error()).isEqualTo(TestClient.ESHUTDOWN);
      assertThat(huge.log()).hasSizeLessThan(16 << 10);
    }
  }

  @Test
  void closingEndsClientsThatDoNothingAndIsDoneTwiceWithoutHarm() throws Exception {
    Served served = Served.of(device);
    try (TestClient silent = TestClient.connect(served.address());
        TestClient idle = served.client()) {
      silent.bytes(18);
      served.end();
      assertThat(silent.isEnded()).isTrue();
      assertThat(idle.isEnded()).isTrue();
      assertThat(served.complaints()).isEmpty();
    }
    served.end();
    assertThatThrownBy(() -> TestClient.connect(served.address()))
        .isInstanceOf(ConnectException.class);
    device.flush();
  }

  @Test
  void aSocketInTheFileSystemWorksAndIsRemoved() throws Exception {
    Path socket = directory.resolve("nbd.socket");
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
    try (Served served = Served.at(address, device);
        TestClient client = served.client()) {
      assertThat(served.server().uri("disk")).hasToString("nbd+unix:///disk?socket=" + socket);
      assertThat(client.write(0, (byte) 5)).isZero();
      assertThatThrownBy(() -> Served.at(address, device)).isInstanceOf(IOException.class);
      assertThat(client.read(0, 1)).containsExactly(5);
      served.end();
      assertThat(client.isEnded()).isTrue();
      assertThat(Files.exists(socket)).isFalse();
    }
  }

  @Test
  void theUriSaysWhereItListens() throws Exception {
    try (Served served = Served.of(device)) {
      assertThat(served.server().uri("vg/größe"))
          .asString()
          .matches("nbd://127\\.0\\.0\\.1:[0-9]+/vg/gr%C3%B6%C3%9Fe");
    }
  }
}
