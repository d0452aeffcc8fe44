// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertCutShort;
import static org.pvmove.MoveLab.assertMoved;
import static org.pvmove.MoveLab.move;
import static org.pvmove.MoveLab.mover;
import static org.pvmove.MoveLab.sound;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.execute.MoveListener;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.PowerCutException;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.VolumeGroup;

/**
 * A process that moves is killed; what it wrote without flushing is seen by the next process, but
 * is lost if the power goes while that one works. So nobody may build on what is not durable.
 */
class KilledProcessTest {
  private static final long SEED = 20261123;

  private static final int RANDOM_IMAGES = 4;

  /** Text and two headers in each of three areas. */
  private static final int WRITES_OF_A_COMMIT = 9;

  /** The process was killed: it does nothing any more. */
  private static final class KilledException extends IOException {
    private static final long serialVersionUID = 1;
  }

  /** How many more writes a process does. */
  private static final class Mortal {
    private long writesLeft;

    Mortal(long writesLeft) {
      this.writesLeft = writesLeft;
    }

    List<BlockDevice> view(SimulatedDisks disks) {
      return disks.disks().stream().<BlockDevice>map(disk -> new View(this, disk)).toList();
    }

    void checkAlive() throws KilledException {
      if (writesLeft == 0) {
        throw new KilledException();
      }
    }
  }

  /** A disk as a process sees it that is killed after a number of writes; the disk lives on. */
  private static final class View extends ForwardingDevice {
    private final Mortal process;

    View(Mortal process, BlockDevice disk) {
      super(disk);
      this.process = process;
    }

    @Override
    public void read(long byteOffset, ByteBuffer target) throws IOException {
      process.checkAlive();
      super.read(byteOffset, target);
    }

    @Override
    public void write(long byteOffset, ByteBuffer source) throws IOException {
      process.checkAlive();
      process.writesLeft--;
      super.write(byteOffset, source);
    }

    @Override
    public boolean discard(long from, long count) throws IOException {
      process.checkAlive();
      return super.discard(from, count);
    }

    @Override
    public void flush() throws IOException {
      process.checkAlive();
      super.flush();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ONE_AREA_EACH", "TEXTS_OF_ALMOST_HALF_THE_RING"})
  void leavesNothingBehindThatAPowerCutUndoesLater(MoveLab.Scenario scenario) throws Exception {
    SimulatedDisks start = scenario.disks(SEED);
    SimulatedDisks undisturbed = start.crashImage(Unflushed.KEPT);
    assertCompleted(move(undisturbed.disks(), MoveListener.NONE));
    Random random = new Random(SEED);
    for (long killed = 1; killed < undisturbed.writeCount(); killed++) {
      SimulatedDisks probe = killed(start, killed);
      assertCompleted(mover(probe.disks(), MoveListener.NONE).resume());
      // The next two commits are where it matters.
      long last = Math.min(probe.writeCount(), killed + 2 * WRITES_OF_A_COMMIT);
      for (long cut = killed + 1; cut <= last; cut += 1 + random.nextInt(2)) {
        SimulatedDisks disks = killed(start, killed);
        disks.cutPowerDuringWrite(cut, random.nextInt(30));
        assertCutShort(
            PowerCutException.class, () -> mover(disks.disks(), MoveListener.NONE).resume());
        String what = "killed after write %d, power cut in write %d".formatted(killed, cut);
        check(disks, Unflushed.LOST, what);
        for (int i = 0; i < RANDOM_IMAGES; i++) {
          check(disks, Unflushed.RANDOM, what);
        }
      }
    }
  }

  private static SimulatedDisks killed(SimulatedDisks start, long afterWrite) throws IOException {
    SimulatedDisks disks = start.crashImage(Unflushed.KEPT);
    assertCutShort(
        KilledException.class, () -> move(new Mortal(afterWrite).view(disks), MoveListener.NONE));
    assertThat(disks.writeCount()).isEqualTo(afterWrite);
    return disks;
  }

  private static void check(SimulatedDisks disks, Unflushed unflushed, String what)
      throws IOException {
    try {
      SimulatedDisks image = disks.crashImage(unflushed);
      VolumeGroup found = sound(image).volumeGroup();
      assertCompleted(mover(image.disks(), MoveListener.NONE).resume());
      assertMoved(found, sound(image).volumeGroup());
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "%s, unflushed writes %s, %s: %s".formatted(what, unflushed, disks, e.getMessage()), e);
    }
  }
}
