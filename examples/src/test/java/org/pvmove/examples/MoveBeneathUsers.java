// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.Uninterruptibles;
import java.io.Closeable;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.examples.nbd.NbdServer;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;
import org.pvmove.volume.UserFirst;

/**
 * The volumes of {@link Images#busy}, served, and moves beneath them that a test holds where it
 * wants.
 */
final class MoveBeneathUsers implements Closeable, MoveListener {
  static final ImmutableList<String> LVS = ImmutableList.of("home", "data", "mirror");

  private final DeviceSet devices;
  private final LiveVolumes volumes;
  private final NbdServer server;
  private final PvMover mover;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private final AtomicInteger steps = new AtomicInteger();
  private final AtomicInteger checkpoints = new AtomicInteger();
  private final CountDownLatch used = new CountDownLatch(1);
  private final CountDownLatch held = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final double holdAt;

  /**
   * Serves the volumes.
   *
   * @param holdAt which part of a move to copy at least before it waits for {@link #goOn}
   */
  MoveBeneathUsers(Images images, Path socket, UserFirst userFirst, double holdAt)
      throws IOException {
    this.holdAt = holdAt;
    devices = DeviceSet.open(Access.READ_WRITE, images.paths());
    volumes = LiveVolumes.builder(devices, "vg").userFirst(userFirst).open();
    Map<String, BlockDevice> served = new HashMap<>();
    for (String lv : LVS) {
      served.put("vg/" + lv, new Watched(volumes.open(lv), used::countDown));
    }
    server = NbdServer.start(UnixDomainSocketAddress.of(socket), served, complaints::add);
    mover =
        PvMover.builder(devices, "vg").volumes(volumes).checkpointBytes(0).listener(this).build();
  }

  /** How clients call a volume. */
  String uri(String lv) {
    return server.uri("vg/" + lv).toString();
  }

  /** Does something beside the test. */
  <T> Future<T> start(Callable<T> what) {
    return threads.submit(what);
  }

  /** Begins a move. */
  Future<MoveOutcome> move(MoveRequest request) {
    return start(() -> mover.execute(mover.plan(request).orElseThrow()));
  }

  void stop() {
    mover.stop();
  }

  MoveOutcome abort() throws IOException {
    return mover.abort();
  }

  /** Waits until somebody has written to a volume. */
  void awaitUse() {
    await(used);
  }

  /** Waits until the move is held. */
  void awaitHold() {
    await(held);
  }

  boolean isHeld() {
    return held.getCount() == 0;
  }

  /** Lets a move that is held, or will be, go on, and as fast as it can. */
  void goOn() {
    volumes.userFirst(UserFirst.OFF);
    goOn.countDown();
  }

  private static void await(CountDownLatch latch) {
    assertThat(Uninterruptibles.awaitUninterruptibly(latch, 200, TimeUnit.SECONDS)).isTrue();
  }

  /** How many steps were copied so far. */
  int steps() {
    return steps.get();
  }

  /** How many segments got to their new place so far. */
  int checkpoints() {
    return checkpoints.get();
  }

  @Override
  public void on(MoveEvent event) {
    if (event instanceof MoveEvent.Checkpoint) {
      checkpoints.incrementAndGet();
    } else if (event instanceof MoveEvent.Copied copied) {
      steps.incrementAndGet();
      if (copied.bytesDone() >= copied.bytes() * holdAt) {
        held.countDown();
        await(goOn);
      }
    }
  }

  /** All bytes of a volume as its users see them. */
  ByteBuffer read(String lv) throws IOException {
    try (LogicalVolumeDevice device = volumes.open(lv)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(device.size()));
      device.read(0, bytes);
      return bytes.flip();
    }
  }

  /** All bytes of a volume where the metadata on the disks say that they are. */
  ByteBuffer readFromDisks(String lv) throws IOException {
    LogicalVolumeBytes volume = new LogicalVolumeBytes(devices.scan().volumeGroup("vg"), lv);
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(volume.size()));
    volume.read(0, bytes);
    return bytes.flip();
  }

  /** Lets a move that is held, or will be, go on. */
  void release() {
    goOn.countDown();
  }

  /** Tells that it was written to. */
  private static final class Watched extends ForwardingDevice {
    private final BlockDevice device;
    private final Runnable watcher;

    Watched(BlockDevice device, Runnable watcher) {
      super(device);
      this.device = device;
      this.watcher = watcher;
    }

    @Override
    public void write(long byteOffset, ByteBuffer source) throws IOException {
      super.write(byteOffset, source);
      watcher.run();
    }

    @Override
    public void writeZeroes(long from, long count) throws IOException {
      device.writeZeroes(from, count);
      watcher.run();
    }

    @Override
    public boolean discard(long from, long count) throws IOException {
      boolean passedOn = super.discard(from, count);
      watcher.run();
      return passedOn;
    }

    @Override
    public void close() throws IOException {
      device.close();
    }
  }

  @Override
  public void close() throws IOException {
    goOn.countDown();
    mover.stop();
    threads.shutdown();
    assertThat(Uninterruptibles.awaitTerminationUninterruptibly(threads, 60, TimeUnit.SECONDS))
        .isTrue();
    server.close();
    volumes.close();
    devices.close();
    assertThat(complaints).isEmpty();
  }
}
