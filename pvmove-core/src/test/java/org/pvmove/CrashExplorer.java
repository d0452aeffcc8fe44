// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.HashCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pvmove.CrashScenario.Action;
import org.pvmove.Places.Ending;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.testing.DiskOperation;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.VolumeGroup;

/**
 * Looks at every state that a power cut could leave of a scenario, and at what becomes of it.
 *
 * <p>The scenario runs once. Before each of its operations, if something was written since the last
 * look, the power might go: then some of the undecided writes have reached the disks, and of the
 * last one perhaps only the first sectors have. Each of these states must be a sound volume group
 * with every byte in place as it is, no older than what was reported as durable. A restart of it
 * must complete the move; an abort must give back what was not done. Then, from some of the states,
 * the power goes once more, in all the same ways, during that restart and that abort.
 *
 * <p>Many crashes leave the same bytes. All are counted, and each state is looked at once.
 */
final class CrashExplorer {
  /** With more undecided writes than that, there are too many subsets. */
  static final int MAX_UNDECIDED = 10;

  /** Images for each cut in which every sector of every undecided write has a fate of its own. */
  private static final int IMAGES_OF_SECTORS = 2;

  /** States that are looked at together, on all processors. */
  private static final int BATCH = 256;

  /** What a power cut left. */
  private record Crash(SimulatedDisks image, HashCode hash, Moment moment) {}

  /**
   * When and how the power went.
   *
   * @param run during what
   * @param next the operation that did not happen any more
   * @param kept which undecided writes reached the disks; absent if each sector was left to chance
   * @param sectors how many sectors of the last one did
   * @param durable the version that had been reported as durable
   */
  private record Moment(
      String run, DiskOperation next, @Nullable BitSet kept, int sectors, long durable) {
    @Override
    public String toString() {
      return run
          + ", power cut before "
          + next
          + (kept == null
              ? ", undecided sectors kept by chance"
              : ", undecided writes kept: %s, sectors of the last one: %d"
                  .formatted(kept, sectors));
    }
  }

  /** One content of the disks. */
  private static final class State {
    /** The crash that asks for the newest version. */
    private @Nullable Moment strictest;

    private long seqno = Long.MAX_VALUE;

    synchronized void add(Moment moment) {
      if (strictest == null || moment.durable() > strictest.durable()) {
        strictest = moment;
      }
    }

    synchronized void found(long version) {
      seqno = version;
    }

    synchronized void check() {
      assertThat(seqno)
          .as("version found after %s", strictest)
          .isGreaterThanOrEqualTo(strictest.durable());
    }
  }

  private final CrashScenario scenario;
  private final long seed;
  private final int samples;
  private final int secondCrashes;
  private final AtomicLong crashes = new AtomicLong();
  private final AtomicLong random = new AtomicLong();
  private final Map<HashCode, State> states = new ConcurrentHashMap<>();

  /** What recoveries ended with; most end with one of a few states. */
  private final Map<HashCode, VolumeGroup> ends = new ConcurrentHashMap<>();

  private int statesCutAgain;

  /**
   * @param seed of all that is random
   * @param samples how many subsets of the undecided writes are tried where there are too many
   * @param secondCrashes about how many crashes in recoveries are tried; from one state at least
   */
  CrashExplorer(CrashScenario scenario, long seed, int samples, int secondCrashes) {
    this.scenario = scenario;
    this.seed = seed;
    this.samples = samples;
    this.secondCrashes = secondCrashes;
  }

  /** How many states a power cut left, equal ones included. */
  long crashes() {
    return crashes.get();
  }

  /** How many of them were found at random. */
  long random() {
    return random.get();
  }

  /** How many of them differ from each other. */
  int states() {
    return states.size();
  }

  /** From how many states the recovery lost power too. */
  int statesCutAgain() {
    return statesCutAgain;
  }

  /** Looks at everything. */
  void explore() throws IOException {
    forEachCrash(this::isNew, false);
    Set<HashCode> chosen = chooseForSecondCrash();
    statesCutAgain = chosen.size();
    forEachCrash(crash -> chosen.remove(crash.hash()), true);
    assertThat(chosen).as("states that a second run did not come to").isEmpty();
    states.values().forEach(State::check);
  }

  /** Runs the scenario and looks at those states after a crash that are wanted. */
  private void forEachCrash(Predicate<Crash> wanted, boolean cutAgain) throws IOException {
    SimulatedDisks disks = scenario.disks(seed);
    List<Crash> batch = new ArrayList<>();
    run(
        disks,
        scenario.action(),
        "seed " + seed + ", " + scenario,
        0,
        crash -> {
          if (wanted.test(crash)) {
            batch.add(crash);
          }
          if (batch.size() == BATCH) {
            lookAtAll(batch, cutAgain);
          }
        });
    lookAtAll(batch, cutAgain);
    scenario.checkEnd(MoveLab.sound(disks.crashImage(Unflushed.LOST)).volumeGroup());
  }

  private Set<HashCode> chooseForSecondCrash() {
    List<HashCode> hashes = new ArrayList<>(states.keySet());
    // A recovery is about as long as what it recovers from.
    long count = Math.max(1, Math.min(hashes.size(), secondCrashes / crashes.get()));
    hashes.sort(Comparator.comparing(HashCode::toString));
    Collections.shuffle(hashes, new Random(seed));
    return new HashSet<>(hashes.subList(0, (int) count));
  }

  private boolean isNew(Crash crash) {
    State fresh = new State();
    State known = states.putIfAbsent(crash.hash(), fresh);
    (known == null ? fresh : known).add(crash.moment());
    return known == null;
  }

  private void lookAtAll(List<Crash> batch, boolean cutAgain) {
    batch.parallelStream().forEach(crash -> lookAt(crash, cutAgain));
    batch.clear();
  }

  private void lookAt(Crash crash, boolean cutAgain) {
    try {
      VolumeGroup vg = MoveLab.sound(crash.image()).volumeGroup();
      states.get(crash.hash()).found(vg.seqno());
      recover(crash, vg, Action.RESTART, Ending.COMPLETED, cutAgain);
      recover(crash, vg, Action.ABORT, Ending.ABORTED, cutAgain);
    } catch (AssertionError | RuntimeException | IOException e) {
      throw new AssertionError(crash.moment() + ": " + e.getMessage(), e);
    }
  }

  private void recover(Crash crash, VolumeGroup vg, Action action, Ending ending, boolean cutAgain)
      throws IOException {
    SimulatedDisks disks = crash.image().crashImage(Unflushed.KEPT);
    if (cutAgain) {
      run(
          disks,
          action,
          crash.moment() + ", then " + action,
          vg.seqno(),
          second -> {
            if (isNew(second)) {
              lookAt(second, false);
            }
          });
    } else {
      MoveLab.assertCompleted(action.run(disks, MoveListener.NONE));
    }
    SimulatedDisks ended = disks.crashImage(Unflushed.LOST);
    VolumeGroup after =
        ends.computeIfAbsent(ended.contentHash(), hash -> MoveLab.sound(ended).volumeGroup());
    assertThat(after.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactlyElementsOf(CrashScenario.LOGICAL_VOLUMES);
    assertThat(after.logicalVolumes()).noneMatch(LogicalVolume::isLocked);
    assertThat(Places.of(after, Ending.AS_THEY_ARE)).isEqualTo(Places.of(vg, ending));
  }

  /** Runs something to its end and passes on all that a power cut meanwhile could leave. */
  private void run(
      SimulatedDisks disks, Action action, String name, long seqno, Consumer<Crash> crashed)
      throws IOException {
    AtomicLong durable = new AtomicLong(seqno);
    AtomicLong lookedAt = new AtomicLong();
    disks.beforeEachOperation(
        next -> {
          if (lookedAt.getAndSet(disks.writeCount()) < disks.writeCount()) {
            cutPower(disks, name, next, durable.get(), crashed);
          }
        });
    MoveOutcome outcome =
        action.run(
            disks,
            event -> {
              if (event instanceof MoveEvent.Checkpoint checkpoint) {
                durable.set(checkpoint.seqno());
              } else if (event instanceof MoveEvent.Finished finished) {
                durable.set(finished.seqno());
              }
            });
    MoveLab.assertCompleted(outcome);
    // So there was a look after the last write.
    assertThat(disks.undecidedWrites()).isEmpty();
  }

  private void cutPower(
      SimulatedDisks disks, String run, DiskOperation next, long durable, Consumer<Crash> crashed) {
    List<DiskOperation> undecided = disks.undecidedWrites();
    int last = undecided.size() - 1;
    int sectors = undecided.get(last).sectorCount();
    if (undecided.size() <= MAX_UNDECIDED) {
      for (long others = 0; others < 1L << last; others++) {
        BitSet kept = BitSet.valueOf(new long[] {others});
        kept.set(last);
        // With none of its sectors the last one is lost, with all of them it is kept.
        for (int torn = 0; torn <= sectors; torn++) {
          pass(disks.crashImage(kept, torn), new Moment(run, next, kept, torn, durable), crashed);
        }
      }
    } else {
      Random choice = new Random(seed ^ disks.writeCount());
      for (int i = 0; i < samples; i++) {
        BitSet kept = new BitSet();
        for (int write = 0; write <= last; write++) {
          kept.set(write, choice.nextBoolean());
        }
        int torn = choice.nextInt(sectors + 1);
        pass(disks.crashImage(kept, torn), new Moment(run, next, kept, torn, durable), crashed);
      }
      random.addAndGet(samples);
    }
    for (int i = 0; i < IMAGES_OF_SECTORS; i++) {
      pass(disks.crashImage(Unflushed.RANDOM), new Moment(run, next, null, 0, durable), crashed);
    }
    random.addAndGet(IMAGES_OF_SECTORS);
  }

  private void pass(SimulatedDisks image, Moment moment, Consumer<Crash> crashed) {
    crashes.incrementAndGet();
    crashed.accept(new Crash(image, image.contentHash(), moment));
  }
}
