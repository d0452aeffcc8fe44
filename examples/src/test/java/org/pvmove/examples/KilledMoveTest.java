// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.plan.MoveRequest;

/**
 * Kills the program at random moments.
 *
 * <p>{@code -Dpvmove.kills=N} says how often, {@code -Dpvmove.kills.seed=N} repeats the moments as
 * far as the machine is as fast as it was.
 */
class KilledMoveTest {
  private static final int KILLS = Integer.getInteger("pvmove.kills", 20);
  private static final int SEGMENTS = 24;
  private static final int TRIES = 10;

  @TempDir private Path directory;

  @Test
  void losesNoByteWhenTheProgramIsKilledAtRandomMoments() throws Exception {
    long seed = Long.getLong("pvmove.kills.seed", 1);
    System.out.printf("%d kills, seed %d%n", KILLS, seed);
    Random random = new Random(seed);
    long wholeMove = nanosOfAWholeMove();
    int inTheMiddle = 0;
    for (int kill = 1; kill <= KILLS; kill++) {
      Images images = Images.scattered(directory, SEGMENTS);
      try (ChildProgram pvmove = start(images)) {
        pvmove.awaitEnd(Duration.ofNanos(random.nextLong(wholeMove)));
        pvmove.kill();
        pvmove.exitCode();
        String when = "kill %d, seed %d, after%n%s".formatted(kill, seed, pvmove.output());
        boolean moving = images.isMoveInProgress();
        boolean moved = images.used(0) == 0;
        inTheMiddle += moving ? 1 : 0;
        assertThat(images.firstDifference()).as(when).isEmpty();

        Result restart = images.pvmove();
        // Where the kill came between two metadata areas, the restart says which are behind.
        assertThat(restart.err().lines()).as(when).allMatch(line -> line.contains("older than"));
        assertThat(restart.exitCode()).as(when).isZero();
        assertThat(images.isMoveInProgress()).as(when).isFalse();
        assertThat(images.firstDifference()).as(when).isEmpty();
        // A kill before the first commit leaves everything where it was.
        assertThat(images.used(0)).as(when).isEqualTo(moving || moved ? 0 : SEGMENTS);
      }
    }
    System.out.printf("%d of %d kills were in the middle of the move%n", inTheMiddle, KILLS);
    assertThat(inTheMiddle).isGreaterThanOrEqualTo(KILLS / 4);
  }

  @Test
  void losesNoByteWhenTwoProgramsAtOnceAreKilledAtRandomMoments() throws Exception {
    long seed = Long.getLong("pvmove.kills.seed", 1);
    System.out.printf("%d kills of two at once, seed %d%n", KILLS, seed);
    Random random = new Random(seed);
    boolean vgck = RequiredTools.hasLvmOnLoopDevices();
    long wholeMove = nanosOfAWholeMove();
    int inTheMiddle = 0;
    int kills = 0;
    while (kills < KILLS) {
      Images images = Images.scatteredOnTwo(directory, SEGMENTS);
      for (int source = 0; source < 2; source++) {
        images.moveOneSegment(MoveRequest.from(images.name(source)).to(images.name(2)).build());
      }
      try (ChildProgram one = startOn(images, 0);
          ChildProgram other = startOn(images, 1)) {
        assertThat(one.awaitLine(line -> line.contains("segment"))).isTrue();
        one.awaitEnd(Duration.ofNanos(random.nextLong(wholeMove)));
        one.kill();
        other.awaitEnd(Duration.ofNanos(random.nextLong(wholeMove / 4)));
        other.kill();
        one.exitCode();
        other.exitCode();
        kills += 2;
        String when =
            "kill %d, seed %d, after%n%s%nand%n%s"
                .formatted(kills, seed, one.output(), other.output());
        inTheMiddle += images.group().volumeGroup().pvmoveVolumes().size();
        assertThat(images.firstDifference()).as(when).isEmpty();
        // Where the kill came between two metadata areas, both say so until the next change.
        boolean seenByLvm = vgck && lvmFindsAnOlderCopy(images);

        boolean abort = random.nextBoolean();
        Result after = abort ? images.pvmove("--abort") : images.pvmove();
        assertThat(after.err().lines()).as(when).allMatch(line -> line.contains("older than"));
        if (vgck) {
          assertThat(after.err().contains("older than")).as(when).isEqualTo(seenByLvm);
        }
        assertThat(after.exitCode()).as(when).isZero();
        assertThat(images.isMoveInProgress()).as(when).isFalse();
        assertThat(images.firstDifference()).as(when).isEmpty();
        if (!abort) {
          assertThat(images.used(0) + images.used(1)).as(when).isZero();
        }
        if (vgck) {
          assertThat(lvmFindsAnOlderCopy(images)).as(when).isFalse();
        }
      }
    }
    System.out.printf(
        "%d of %d kills of two at once left a move unfinished%s%n",
        inTheMiddle, kills, vgck ? ", vgck content after each and after what followed" : "");
    assertThat(inTheMiddle).isPositive();
  }

  private boolean lvmFindsAnOlderCopy(Images images) throws Exception {
    try (LvmOnLoops lvm = new LvmOnLoops(directory, images)) {
      return lvm.findsAnOlderCopy();
    }
  }

  /** Carries on the move from a physical volume. */
  private static ChildProgram startOn(Images images, int source) throws Exception {
    return ChildProgram.pvmove(
        "-v", "--checkpoint", "1b", "--devices", images.devices(), images.name(source));
  }

  @Test
  void stopsAtASafePointWhenAskedToEndAndSaysHowToGoOn() throws Exception {
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      Images images = Images.scattered(directory, SEGMENTS);
      try (ChildProgram pvmove = start(images)) {
        assertThat(pvmove.awaitLine(line -> line.contains("segment 1 of"))).isTrue();
        pvmove.terminate();
        int exitCode = pvmove.exitCode();
        assertThat(images.firstDifference()).isEmpty();
        if (images.isMoveInProgress()) {
          assertThat(pvmove.output())
              .contains(
                  "Stopping at the next safe point.",
                  "Stopped: stopped on request",
                  "pvmove --devices " + images.devices(),
                  "--abort " + images.name(0));
          assertThat(exitCode).isEqualTo(128 + 15);
          assertThat(images.pvmove().exitCode()).isZero();
          assertThat(images.firstDifference()).isEmpty();
          return;
        }
      }
    }
    throw new AssertionError("the program was over before the signal, " + TRIES + " times");
  }

  /** The time from the first line that the program prints to its end. */
  private long nanosOfAWholeMove() throws Exception {
    Images images = Images.scattered(directory, SEGMENTS);
    try (ChildProgram pvmove = start(images)) {
      long start = System.nanoTime();
      assertThat(pvmove.exitCode()).isZero();
      assertThat(images.used(0)).isZero();
      return System.nanoTime() - start;
    }
  }

  /** Starts to empty the first physical volume and waits for the first line. */
  private static ChildProgram start(Images images) throws Exception {
    ChildProgram pvmove =
        ChildProgram.pvmove(
            "-v", "--checkpoint", "1b", "--devices", images.devices(), images.name(0));
    assertThat(pvmove.awaitLine(line -> true)).isTrue();
    return pvmove;
  }
}
