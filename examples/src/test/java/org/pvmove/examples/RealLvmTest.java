// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.FileLocks;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** LVM2's own program accepts what ours leaves behind, even when it is killed. */
@Tag("tools")
class RealLvmTest {
  private static final int SEGMENTS = 24;

  @TempDir private Path directory;

  @BeforeEach
  void requireTools() {
    RequiredTools.requireLvmOnLoopDevices();
  }

  @Test
  void vgckIsSilentAfterAKillAndAfterTheRestart() throws Exception {
    Images images = Images.scattered(directory, SEGMENTS);
    try (ChildProgram pvmove =
        ChildProgram.pvmove("-v", "--devices", images.devices(), images.name(0))) {
      assertThat(pvmove.awaitLine(line -> line.contains("segment 2 of"))).isTrue();
      pvmove.kill();
      pvmove.exitCode();
    }
    lvmAccepts(images);
    assertThat(images.pvmove().exitCode()).isZero();
    lvmAccepts(images);
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void vgckIsSilentAfterAnAbort() throws Exception {
    Images images = Images.small(directory);
    images.moveOneSegment(0);
    lvmAccepts(images);
    assertThat(images.pvmove("--abort").exitCode()).isZero();
    lvmAccepts(images);
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void stopsAtADiskThatEndsEarlyAndNamesThePlace() throws Exception {
    Images images = Images.scattered(directory, SEGMENTS);
    // Extents begin at 1 MiB; the odd ones move first, and of extent 9 one page is left.
    long extentBytes = Images.EXTENT_SIZE.bytes();
    long end = (1 << 20) + 9 * extentBytes + 4096;
    try (LvmOnLoops lvm = new LvmOnLoops(directory, images)) {
      try (RandomAccessFile file = new RandomAccessFile(images.path(0).toFile(), "rw")) {
        file.setLength(end);
      }
      Images disks = new Images(lvm.loops());
      String locks = lvm.lockingDirectory().toString();

      Result result = disks.pvmove("--locking-dir", locks, disks.name(0));

      assertThat(result.err())
          .contains(
              "Stopped: %s: %d bytes at byte %d ".formatted(disks.name(0), extentBytes - 4096, end),
              "logical volume odd at byte " + (4 * extentBytes + 4096),
              "cannot be read",
              "Every logical volume is whole.");
      assertThat(result.exitCode()).isEqualTo(5);
      assertThat(disks.isMoveInProgress()).isTrue();
      lvm.accepts();

      assertThat(disks.pvmove("--locking-dir", locks, "--abort").exitCode()).isZero();
      assertThat(disks.isMoveInProgress()).isFalse();
      // Four of the odd runs are at their new place, everything else is where it was.
      assertThat(disks.places("odd").stream().filter(disks.name(0)::equals)).hasSize(8);
      assertThat(disks.places("even")).containsOnly(disks.name(0));
      lvm.accepts();
    }
  }

  @Test
  void failsAtOnceOrWaitsWhileAnotherProcessHasLvm2sLock() throws Exception {
    Images images = Images.ofTwo(directory);
    Path locks = Files.createDirectories(directory.resolve("lock"));
    Process holder =
        new ProcessBuilder(
                "flock", locks.resolve("V_vg").toString(), "sh", "-c", "echo held; read line")
            .start();
    try (BufferedReader said = holder.inputReader()) {
      assertThat(said.readLine()).isEqualTo("held");
      String[] atOnce = {"--locking-dir", locks.toString(), "--lock-timeout", "0", images.name(0)};
      Result refused = images.pvmove(atOnce);
      assertThat(refused.err()).contains("V_vg", "Nothing was written.");
      assertThat(refused.exitCode()).isEqualTo(5);

      CompletableFuture<Result> waiting =
          CompletableFuture.supplyAsync(
              () -> images.pvmove("--locking-dir", locks.toString(), images.name(0)));
      // Who waits for the file has the one beside it.
      Path queue = locks.resolve("V_vg:aux");
      for (Closeable turn = FileLocks.tryLock(queue, true);
          turn != null;
          turn = FileLocks.tryLock(queue, true)) {
        turn.close();
        Thread.onSpinWait();
      }
      assertThat(waiting).isNotDone();
      holder.outputWriter().close();
      assertThat(waiting.get(1, TimeUnit.MINUTES).exitCode()).isZero();
    } finally {
      holder.destroyForcibly();
    }
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void makesVgsWaitUntilACommitIsDone() throws Exception {
    Images images = Images.ofTwo(directory);
    long before = images.group().volumeGroup().seqno();
    try (LvmOnLoops lvm = new LvmOnLoops(directory, images)) {
      CountDownLatch committing = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      List<BlockDevice> held = new ArrayList<>();
      for (Path loop : lvm.loops()) {
        held.add(heldAtFirstWrite(BlockDevices.open(loop, Access.READ_WRITE), committing, goOn));
      }
      Process vgs = null;
      try (DeviceSet devices = DeviceSet.of(held.toArray(new BlockDevice[0]))) {
        PvMover mover =
            PvMover.builder(devices, "vg")
                .locks(VolumeGroupLocks.inDirectory(lvm.lockingDirectory()))
                .build();
        MoveRequest request = MoveRequest.from(lvm.loops().get(0).toString()).build();
        MovePlan plan = mover.plan(request).orElseThrow();
        CompletableFuture<Void> begun =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    mover.execute(plan);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
        assertThat(committing.await(1, TimeUnit.MINUTES)).isTrue();
        vgs = lvm.command("vgs", "--noheadings", "-o", "vg_seqno", "vg").start();
        while (vgs.isAlive() && !waitsForALock(vgs.pid())) {
          Thread.onSpinWait();
        }
        assertThat(vgs.isAlive()).isTrue();
        assertThat(begun).isNotDone();

        goOn.countDown();

        String shown = new String(vgs.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(vgs.waitFor()).isZero();
        assertThat(Long.parseLong(shown.strip())).isGreaterThan(before);
        begun.get(1, TimeUnit.MINUTES);
      } finally {
        goOn.countDown();
        if (vgs != null) {
          vgs.destroyForcibly();
        }
      }
      lvm.accepts();
    }
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  /** Whether the kernel lists the process among those that wait for a lock of a file. */
  private static boolean waitsForALock(long pid) throws IOException {
    return Files.readString(Path.of("/proc/locks"))
        .lines()
        .anyMatch(line -> line.contains("->") && line.matches(".*FLOCK.* " + pid + " .*"));
  }

  /** Tells of the first write and holds it until it may go on. */
  private static BlockDevice heldAtFirstWrite(
      BlockDevice device, CountDownLatch writing, CountDownLatch goOn) {
    return (BlockDevice)
        Proxy.newProxyInstance(
            BlockDevice.class.getClassLoader(),
            new Class<?>[] {BlockDevice.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("write")) {
                writing.countDown();
                goOn.await();
              }
              try {
                return method.invoke(device, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Has vgck(8) check the volume group. */
  private void lvmAccepts(Images images) throws IOException, InterruptedException {
    try (LvmOnLoops lvm = new LvmOnLoops(directory, images)) {
      lvm.accepts();
    }
  }
}
