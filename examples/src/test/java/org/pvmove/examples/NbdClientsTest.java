// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.examples.nbd.NbdServer;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;

/** The clients that people have can use the server. */
@Tag("tools")
@Timeout(300)
class NbdClientsTest {
  private static final int SIZE = 48 << 20;

  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

  @TempDir private Path directory;

  /** What clients connect to. */
  enum Transport {
    TCP,
    UNIX_SOCKET
  }

  @BeforeEach
  void requireTools() {
    RequiredTools.requireNbdClients();
  }

  private SocketAddress address(Transport transport) {
    return transport == Transport.TCP
        ? NbdServer.loopback(0)
        : UnixDomainSocketAddress.of(directory.resolve("nbd.socket"));
  }

  private NbdServer serve(Transport transport, BlockDevice device) throws IOException {
    return NbdServer.start(address(transport), Map.of("vg/home", device), complaints::add);
  }

  private String run(String... command) throws IOException, InterruptedException {
    RequiredTools.Output output = RequiredTools.run(Map.of(), List.of(command));
    assertThat(output.exitCode()).as(output.text()).isZero();
    assertThat(complaints).as(output.text()).isEmpty();
    return output.text();
  }

  private Path randomFile(String name) throws IOException {
    byte[] bytes = new byte[SIZE];
    new Random(20250101).nextBytes(bytes);
    // Clients take zeros another way.
    Arrays.fill(bytes, SIZE / 4, SIZE / 2, (byte) 0);
    return Files.write(directory.resolve(name), bytes);
  }

  private BlockDevice openFile(String name) throws IOException {
    Path file = directory.resolve(name);
    try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
      made.setLength(SIZE);
    }
    return BlockDevices.open(file, Access.READ_WRITE);
  }

  @ParameterizedTest
  @EnumSource
  void nbdinfoSeesWhatThereIs(Transport transport) throws Exception {
    try (BlockDevice device = openFile("disk");
        NbdServer server = serve(transport, device)) {
      String uri = server.uri("vg/home").toString();
      assertThat(run("nbdinfo", uri))
          .contains(
              "newstyle-fixed without TLS, using simple packets",
              "export=\"vg/home\"",
              "export-size: " + SIZE,
              "is_read_only: false",
              "can_flush: true",
              "can_fua: true",
              "can_multi_conn: true",
              "can_trim: true",
              "can_zero: true",
              "can_fast_zero: false",
              "block_size_minimum: 1\n",
              "block_size_preferred: 4096\n",
              "block_size_maximum: 33554432");
      assertThat(run("nbdinfo", "--list", uri)).contains("export=\"vg/home\"");
      assertThat(run("nbdinfo", "--size", server.uri("").toString())).isEqualTo("" + SIZE);
    }
  }

  @Test
  void nbdinfoSeesThatADeviceIsReadOnly() throws Exception {
    try (BlockDevice device = openFile("disk");
        NbdServer server = serve(Transport.TCP, BlockDevices.readOnly(device))) {
      assertThat(run("nbdinfo", server.uri("vg/home").toString()))
          .contains("is_read_only: true", "can_multi_conn: true", "can_zero: false");
    }
  }

  @ParameterizedTest
  @EnumSource
  void nbdcopyCopiesInAndOutAndEveryByteIsRight(Transport transport) throws Exception {
    Path original = randomFile("original");
    Path back = directory.resolve("back");
    try (BlockDevice device = openFile("disk");
        NbdServer server = serve(transport, device)) {
      String uri = server.uri("vg/home").toString();
      run("nbdcopy", "--flush", original.toString(), uri);
      run("nbdcopy", uri, back.toString());
    }
    assertThat(Files.mismatch(original, directory.resolve("disk"))).isEqualTo(-1);
    assertThat(Files.mismatch(original, back)).isEqualTo(-1);
  }

  @Test
  void qemuComparesAndConvertsAndEveryByteIsRight() throws Exception {
    Path original = randomFile("original");
    try (BlockDevice device = openFile("disk");
        NbdServer server = serve(Transport.TCP, device)) {
      String uri = server.uri("vg/home").toString();
      run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", original.toString(), uri);
      assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", original.toString(), uri))
          .contains("Images are identical.");
    }
    assertThat(Files.mismatch(original, directory.resolve("disk"))).isEqualTo(-1);
  }

  @Test
  void qemuWritesZerosDiscardsAndReadsWhatItWrote() throws Exception {
    try (BlockDevice device = openFile("disk");
        NbdServer server = serve(Transport.UNIX_SOCKET, device)) {
      String printed =
          run(
              "qemu-io",
              "-f",
              "raw",
              "-t",
              "none",
              "-c",
              "write -P 0x5a 0 1M",
              "-c",
              "write -f -P 0x5b 1M 64k",
              "-c",
              "write -z 64k 128k",
              "-c",
              "discard 2M 1M",
              "-c",
              "flush",
              "-c",
              "read -P 0x5a 0 64k",
              "-c",
              "read -P 0 64k 128k",
              "-c",
              "read -P 0x5a 192k 832k",
              "-c",
              "read -P 0x5b 1M 64k",
              "-c",
              "read -P 0 " + (SIZE - 512) + " 512",
              server.uri("vg/home").toString());
      assertThat(printed).doesNotContain("failed", "error");
    }
  }

  @ParameterizedTest
  @EnumSource
  void fioWritesAtRandomAndVerifiesEveryBlock(Transport transport) throws Exception {
    try (BlockDevice device = openFile("disk");
        NbdServer server = serve(transport, device)) {
      String printed =
          run(
              "fio",
              "--verify_state_save=0",
              "--name=random",
              "--directory=" + directory,
              "--ioengine=nbd",
              "--uri=" + server.uri("vg/home"),
              "--rw=randwrite",
              "--bsrange=512-64k",
              "--bs_unaligned=0",
              "--size=" + SIZE,
              "--iodepth=16",
              "--fsync=64",
              "--randseed=4711",
              "--verify=crc32c",
              "--verify_fatal=1");
      assertThat(printed).contains("err= 0");
    }
  }
}
