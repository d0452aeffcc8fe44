// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Range;
import com.google.common.collect.RangeSet;
import com.google.common.collect.TreeRangeSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.ReadErrors;
import org.pvmove.io.testing.RandomFaults;
import org.pvmove.io.testing.RandomFaults.Injected;
import org.pvmove.io.testing.RandomFaults.Kind;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MoveRequest;

/**
 * A move on disks that fail at random, until it has ended. After each attempt the power goes, and
 * the next one finds what that left, the bad sectors perhaps included. All follows from one seed.
 */
final class FaultyRun {
  private static final int SECTOR = 512;

  /** After so many attempts the disks fail no more. */
  private static final int MAX_ATTEMPTS = 6;

  /** Behind the label. */
  private static final long METADATA_START = 4096;

  /** Where the second metadata area of a disk begins, if there is one. */
  private static final long SECOND_AREA = MoveLab.DISK_BYTES - SmallGroup.AREA_BYTES;

  private static final byte FILLER = '*';

  /** How an attempt ended. */
  enum Ending {
    COMPLETED,
    COMPLETED_WITH_LOSSES,
    STOPPED_WITH_RANGES,
    STOPPED_OTHERWISE,
    REFUSED
  }

  private final Random random;
  private final MoveLab.Scenario scenario;
  private final RandomFaults faults;
  private final ReadErrors readErrors;
  private final boolean verify;
  private final boolean atomic;

  /** Whether the disks fail only once there is something to copy. */
  private final boolean later;

  /** Whether bad sectors are bad after a power cycle too. */
  private final boolean badAfterwards;

  /**
   * Disks whose metadata could not be read for a while. They stay unreadable until the end: an area
   * that is not written, since it cannot be read, becomes old, and if all others then fail nobody
   * can see that; see docs/fault-model.md.
   */
  private final Set<String> withoutMetadata = new HashSet<>();

  /** Where the data begin on each disk. */
  private final long dataStart;

  /** Bytes of the source that cannot be read from the start. */
  private final RangeSet<Long> badSource = TreeRangeSet.create();

  private final String description;

  /** The disks before all that. */
  private final SimulatedDisks before;

  /** What the last outcome says of the devices. */
  private ImmutableList<String> findings = ImmutableList.of();

  /** What was said to be lost, by logical volume. */
  private final Map<String, RangeSet<Long>> lost = new HashMap<>();

  FaultyRun(long seed) throws IOException {
    // The first numbers of neighbouring seeds are alike.
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    MoveLab.Scenario[] scenarios = MoveLab.Scenario.values();
    this.scenario = scenarios[random.nextInt(scenarios.length)];
    this.faults =
        new RandomFaults(
            random.nextLong(),
            List.of(5, 20, 100, 300, 1000).get(random.nextInt(5)),
            random.nextInt(3) == 0
                ? EnumSet.of(Kind.PASSING_READ_ERROR, Kind.LASTING_READ_ERROR)
                : someOf(RandomFaults.allKinds()));
    this.readErrors =
        switch (random.nextInt(3)) {
          case 0 -> ReadErrors.stop();
          case 1 -> ReadErrors.retry(1 + random.nextInt(5));
          default -> ReadErrors.skip(1 + random.nextInt(3), FILLER);
        };
    this.verify = random.nextBoolean();
    this.atomic = random.nextInt(4) == 0;
    this.later = random.nextBoolean();
    this.badAfterwards = random.nextBoolean();
    this.before = scenario.disks(seed);
    this.dataStart =
        MoveLab.soundMetadata(before).volumeGroup().physicalVolumes().get(0).peStart().toBytes();
    for (int bad = random.nextInt(2) * random.nextInt(6); bad > 0; bad--) {
      long first = dataStart + (long) random.nextInt(22 * MoveLab.EXTENT_BYTES / SECTOR) * SECTOR;
      badSource.add(Range.closedOpen(first, first + (1L + random.nextInt(4)) * SECTOR));
    }
    this.description =
        "seed %d, %s, %s%s%s"
            .formatted(
                seed, scenario, readErrors, verify ? ", verified" : "", atomic ? ", atomic" : "");
  }

  private Set<Kind> someOf(Collection<Kind> kinds) {
    List<Kind> some = new ArrayList<>(kinds);
    some.removeIf(kind -> random.nextInt(3) == 0);
    return some.isEmpty() ? EnumSet.of(Kind.LASTING_READ_ERROR) : EnumSet.copyOf(some);
  }

  /**
   * Goes through with it.
   *
   * @param ended told how each attempt ended, and the kinds of faults that struck it
   */
  void run(BiConsumer<Ending, Set<Kind>> ended) {
    try {
      SimulatedDisks disks = before.crashImage(Unflushed.KEPT);
      boolean over = false;
      for (int attempt = 0; attempt < MAX_ATTEMPTS && !over; attempt++) {
        for (Range<Long> bad : badSource.asRanges()) {
          disks.disk("a").failReads(bad.lowerEndpoint(), bad.upperEndpoint() - bad.lowerEndpoint());
        }
        for (String name : withoutMetadata) {
          disks.disk(name).failReads(METADATA_START, dataStart - METADATA_START);
          disks.disk(name).failReads(SECOND_AREA, MoveLab.DISK_BYTES - SECOND_AREA);
        }
        if (!later) {
          faults.strike(disks);
        }
        int struck = faults.injected().size();
        Ending ending = attempt(disks, attempt == 0 ? Step.MOVE : step());
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        faults.injected().stream().skip(struck).map(Injected::kind).forEach(kinds::add);
        ended.accept(ending, kinds);
        faults.injected().stream()
            .filter(fault -> fault.byteCount() > 0)
            .filter(fault -> fault.byteOffset() < dataStart || fault.byteOffset() >= SECOND_AREA)
            .map(Injected::disk)
            .forEach(withoutMetadata::add);
        // What is behind the end of a disk that shrank is there when it is whole again.
        disks.disks().forEach(disk -> disk.shrinkTo(disk.size()));
        over = ending == Ending.COMPLETED || ending == Ending.COMPLETED_WITH_LOSSES;
        if (over) {
          // All of it is durable.
          VolumeGroup now = checked(disks.crashImage(Unflushed.LOST)).volumeGroup();
          if (!now.pvmoveVolumes().isEmpty()) {
            // A disk that could not be read knows better: that much was said.
            assertThat(findings)
                .anyMatch(
                    finding ->
                        faults.injected().stream()
                            .anyMatch(fault -> finding.contains(fault.disk() + ": ")));
            return;
          }
          MoveLab.assertSettled(now);
        }
        Unflushed[] choices = Unflushed.values();
        disks = disks.crashImage(choices[random.nextInt(choices.length)]);
        checked(disks);
        if (badAfterwards) {
          faults.applyLastingErrors(disks);
        }
      }
      SimulatedDisks healthy = disks.crashImage(Unflushed.KEPT);
      PvMover mover = MoveLab.moverOn(healthy.disks()).build();
      MoveLab.assertCompleted(random.nextBoolean() ? mover.resume() : mover.abort());
      MoveLab.assertSettled(checked(healthy.crashImage(Unflushed.LOST)).volumeGroup());
    } catch (AssertionError | RuntimeException | IOException e) {
      throw new AssertionError(description + ", " + faults + ": " + e.getMessage(), e);
    }
  }

  private enum Step {
    MOVE,
    RESTART,
    ABORT
  }

  private Step step() {
    return random.nextInt(4) == 0 ? Step.ABORT : Step.RESTART;
  }

  private Ending attempt(SimulatedDisks disks, Step step) {
    PvMover mover =
        MoveLab.moverOn(disks.disks())
            .onReadError(readErrors)
            .verify(verify)
            .listener(
                event -> {
                  if (later && event instanceof MoveEvent.Started) {
                    faults.strike(disks);
                  }
                })
            .build();
    try {
      MoveOutcome outcome =
          switch (step) {
            case MOVE ->
                mover.execute(
                    mover
                        .plan(
                            MoveRequest.from("a")
                                .to("b")
                                .atomic(atomic)
                                .maxSegmentBytes(MoveLab.SEGMENT_BYTES)
                                .build())
                        .orElseThrow());
            case RESTART -> mover.resume();
            case ABORT -> mover.abort();
          };
      return ending(outcome);
    } catch (IOException | LvmException e) {
      assertThat(e).hasMessageNotContaining("null");
      return Ending.REFUSED;
    }
  }

  private Ending ending(MoveOutcome outcome) {
    for (BadRange range : outcome.work().lost()) {
      checkNamed(range);
      assertThat(wasStruck(range)).as("fault of %s", range).isTrue();
      assertThat(readErrors.skips()).isTrue();
      lost.computeIfAbsent(range.logicalVolume(), lv -> TreeRangeSet.create())
          .add(
              Range.closedOpen(
                  range.logicalVolumeOffset(), range.logicalVolumeOffset() + range.byteCount()));
    }
    findings = outcome.volumeGroup().findings();
    if (outcome instanceof MoveOutcome.Completed) {
      assertThat(outcome.work().lost()).isEmpty();
      return Ending.COMPLETED;
    }
    if (outcome instanceof MoveOutcome.CompletedWithLosses) {
      assertThat(outcome.work().lost()).isNotEmpty();
      return Ending.COMPLETED_WITH_LOSSES;
    }
    MoveOutcome.Stopped stopped = (MoveOutcome.Stopped) outcome;
    if (stopped.failure() instanceof CopyFailedException failure) {
      failure.ranges().forEach(this::checkNamed);
      assertThat(failure.ranges()).anyMatch(this::wasStruck);
      return Ending.STOPPED_WITH_RANGES;
    }
    assertThat(stopped.failure()).isNotNull();
    return Ending.STOPPED_OTHERWISE;
  }

  private boolean wasStruck(BadRange range) {
    Range<Long> bytes =
        Range.closedOpen(range.byteOffset(), range.byteOffset() + range.byteCount());
    return (range.device().equals("a") && badSource.intersects(bytes))
        || faults.injected().stream()
            .filter(fault -> fault.disk().equals(range.device()) || fault.kind() == Kind.POWER_CUT)
            .anyMatch(fault -> concerns(fault, range));
  }

  /** A range that is named holds what it is said to hold. */
  private void checkNamed(BadRange range) {
    if (range.device().equals("a")) {
      // Only the source holds what the volume holds.
      ByteBuffer bytes = ByteBuffer.allocate(SECTOR);
      try {
        before.crashImage(Unflushed.KEPT).disk("a").read(range.byteOffset(), bytes);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      byte[] pattern =
          LvContent.pattern(
              SmallGroup.NAME + "/" + range.logicalVolume(), range.logicalVolumeOffset() + SECTOR);
      assertThat(bytes.array())
          .as("content of %s", range)
          .isEqualTo(Arrays.copyOfRange(pattern, pattern.length - SECTOR, pattern.length));
    }
  }

  private static boolean concerns(Injected fault, BadRange range) {
    return fault.byteCount() == 0
        || (fault.byteOffset() < range.byteOffset() + range.byteCount()
            && range.byteOffset() < fault.byteOffset() + fault.byteCount());
  }

  /** Checks metadata and data: what is not as it was has been named, and is the filler. */
  private StoredVolumeGroup checked(SimulatedDisks disks) {
    StoredVolumeGroup stored = MoveLab.soundMetadata(disks.crashImage(Unflushed.KEPT));
    VolumeGroup vg = stored.volumeGroup();
    byte[] filler = new byte[SECTOR];
    Arrays.fill(filler, FILLER);
    for (LogicalVolume lv : LvContent.holders(vg)) {
      byte[] expected = LvContent.pattern(vg, lv);
      byte[] found = LvContent.read(stored, lv.name());
      for (int at = 0; at < found.length; at += SECTOR) {
        if (!Arrays.equals(expected, at, at + SECTOR, found, at, at + SECTOR)) {
          RangeSet<Long> named = lost.getOrDefault(lv.name(), TreeRangeSet.create());
          assertThat(named.encloses(Range.closedOpen((long) at, (long) at + SECTOR)))
              .as("byte %s of %s, which is not as it was, was named: %s", at, lv.name(), named)
              .isTrue();
          assertThat(Arrays.copyOfRange(found, at, at + SECTOR)).isEqualTo(filler);
        }
      }
    }
    return stored;
  }
}
