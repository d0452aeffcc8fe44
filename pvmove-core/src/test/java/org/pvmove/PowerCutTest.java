// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertCutShort;
import static org.pvmove.MoveLab.assertMoved;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.move;
import static org.pvmove.MoveLab.mover;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.testing.DiskOperation;
import org.pvmove.io.testing.PowerCutException;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.VolumeGroup;

/**
 * The promise that everything else serves: at any instant the metadata on disk maps every logical
 * extent to a place that holds its bytes.
 *
 * <p>A whole move is carried out on simulated disks. The power is cut after every write of it and
 * within every write (metadata at each sector, data at a few); the writes that were not flushed are
 * kept, lost, or decided at random. Whatever comes up again must be a sound volume group with every
 * byte in place, no older than what was reported as durable; resuming must complete the move, and
 * aborting must give the volumes back. While that goes on, the power is cut again.
 *
 * <p>The system property {@code pvmove.crashImages} says how many random decisions are tried at
 * each cut (default 1); {@code pvmove.crashSeed} is the seed of them all.
 */
class PowerCutTest {
  private static final int RANDOM_IMAGES = Integer.getInteger("pvmove.crashImages", 1);
  private static final long SEED = Long.getLong("pvmove.crashSeed", 20261122);

  /** States of the disks after a power cut that were looked at, in all tests. */
  private static final AtomicLong STATES = new AtomicLong();

  private static final long STARTED = System.nanoTime();

  @AfterAll
  static void tellHowMuchWasTried() {
    System.out.printf(
        "PowerCutTest: %d states after a power cut, seed %d, %.1f s%n",
        STATES.get(), SEED, (System.nanoTime() - STARTED) / 1e9);
  }

  /** A moment in which the power is cut. */
  private record Cut(long write, int sectors) {
    /** Right after the write, before any flush. */
    static final int AFTER = -1;

    void applyTo(SimulatedDisks disks) {
      if (sectors == AFTER) {
        disks.cutPowerAfterWrite(write);
      } else {
        disks.cutPowerDuringWrite(write, sectors);
      }
    }
  }

  /** Cuts after every write that took place, and in the middle of it. */
  private static List<Cut> cuts(SimulatedDisks undisturbed) {
    List<Cut> cuts = new ArrayList<>();
    for (DiskOperation operation : undisturbed.trace()) {
      if (operation.kind() == DiskOperation.Kind.WRITE) {
        int sectors = (int) ((operation.byteCount() + 511) / 512);
        boolean data = operation.byteCount() % MoveLab.EXTENT_BYTES == 0;
        IntStream torn = data ? IntStream.of(0, 1, sectors / 2) : IntStream.range(0, sectors);
        torn.forEach(count -> cuts.add(new Cut(operation.writeCount(), count)));
        cuts.add(new Cut(operation.writeCount(), Cut.AFTER));
      }
    }
    return cuts;
  }

  /** A move whose power will be cut; all are made before any runs, so that seeds do not race. */
  private record Trial(SimulatedDisks disks, Cut cut, long seed) {}

  @ParameterizedTest
  @EnumSource
  void keepsEveryByteInPlaceWheneverThePowerGoes(MoveLab.Scenario scenario) throws Exception {
    SimulatedDisks start = scenario.disks(SEED);
    SimulatedDisks undisturbed = start.crashImage(Unflushed.KEPT);
    assertCompleted(move(undisturbed.disks(), MoveListener.NONE));
    assertSourceIsEmpty(sound(undisturbed.crashImage(Unflushed.LOST)));

    List<Trial> trials = new ArrayList<>();
    for (Cut cut : cuts(undisturbed)) {
      trials.add(new Trial(start.crashImage(Unflushed.KEPT), cut, SEED * 31 + trials.size()));
    }
    trials.parallelStream().forEach(PowerCutTest::tryCut);
  }

  private static void tryCut(Trial trial) {
    SimulatedDisks disks = trial.disks();
    trial.cut().applyTo(disks);
    AtomicLong reported = new AtomicLong(1);
    runUntilThePowerGoes(disks, () -> move(disks.disks(), event -> note(event, reported)));
    Random random = new Random(trial.seed());
    for (int i = -2; i < RANDOM_IMAGES; i++) {
      Unflushed unflushed = i == -2 ? Unflushed.KEPT : i == -1 ? Unflushed.LOST : Unflushed.RANDOM;
      try {
        checkRecovery(disks.crashImage(unflushed), reported.get(), random);
      } catch (AssertionError | RuntimeException | IOException e) {
        throw new AssertionError(
            "%s, unflushed writes %s (%d), %s: %s"
                .formatted(trial.cut(), unflushed, i, disks, e.getMessage()),
            e);
      }
    }
  }

  private static void note(MoveEvent event, AtomicLong reported) {
    if (event instanceof MoveEvent.Checkpoint checkpoint) {
      reported.set(checkpoint.seqno());
    } else if (event instanceof MoveEvent.Finished finished) {
      reported.set(finished.seqno());
    }
  }

  private static void runUntilThePowerGoes(SimulatedDisks disks, MoveLab.Step step) {
    assertCutShort(PowerCutException.class, step);
    assertThat(disks.powerIsOff()).as("power off").isTrue();
  }

  private static void checkRecovery(SimulatedDisks image, long reported, Random random)
      throws IOException {
    VolumeGroup found = sound(image);
    assertThat(found.seqno()).as("version").isGreaterThanOrEqualTo(reported);

    cutAgain(image, random, disks -> mover(disks.disks(), MoveListener.NONE).resume());
    cutAgain(image, random, disks -> mover(disks.disks(), MoveListener.NONE).abort());

    SimulatedDisks resumed = image.crashImage(Unflushed.KEPT);
    assertCompleted(mover(resumed.disks(), MoveListener.NONE).resume());
    assertMoved(found, sound(resumed.crashImage(Unflushed.LOST)));

    SimulatedDisks aborted = image.crashImage(Unflushed.KEPT);
    assertCompleted(mover(aborted.disks(), MoveListener.NONE).abort());
    assertSettled(sound(aborted.crashImage(Unflushed.LOST)));
  }

  private interface Recovery {
    MoveOutcome run(SimulatedDisks disks) throws IOException;
  }

  /** Cuts the power during the recovery too, at a random write, for one image in four. */
  private static void cutAgain(SimulatedDisks image, Random random, Recovery recovery)
      throws IOException {
    if (random.nextInt(4) > 0) {
      return;
    }
    SimulatedDisks undisturbed = image.crashImage(Unflushed.KEPT);
    assertCompleted(recovery.run(undisturbed));
    if (undisturbed.writeCount() == 0) {
      return;
    }
    SimulatedDisks disks = image.crashImage(Unflushed.KEPT);
    disks.cutPowerDuringWrite(
        1 + random.nextLong(undisturbed.writeCount()), random.nextInt(2) * random.nextInt(9));
    runUntilThePowerGoes(disks, () -> recovery.run(disks));
    SimulatedDisks after = disks.crashImage(Unflushed.RANDOM);
    VolumeGroup found = sound(after);
    assertCompleted(mover(after.disks(), MoveListener.NONE).resume());
    // An abort that was cut short may have been complete: then nothing is left to resume.
    assertMoved(found, sound(after.crashImage(Unflushed.LOST)));
  }

  private static VolumeGroup sound(SimulatedDisks image) {
    STATES.incrementAndGet();
    return MoveLab.sound(image).volumeGroup();
  }

  @Test
  void triesTextsThatWrap() throws Exception {
    SimulatedDisks disks = MoveLab.Scenario.TEXTS_THAT_WRAP_AROUND_THE_RING.disks(SEED);
    move(disks.disks(), MoveListener.NONE);

    assertThat(disks.trace()).anyMatch(operation -> MoveLab.wraps(disks, operation));
  }
}
