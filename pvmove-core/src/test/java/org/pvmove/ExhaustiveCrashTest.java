// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.execute.MoveListener;
import org.pvmove.io.testing.PowerCutException;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;

/**
 * The promise that everything else serves: at any instant the metadata on disk maps every logical
 * extent to a place that holds its bytes.
 *
 * <p>{@link CrashExplorer} says what is looked at in each scenario. How many crashes in recoveries
 * are tried depends on {@code pvmove.nightly}, or is what {@code pvmove.crash.again} says for each
 * scenario; {@code pvmove.crash.samples} is the number of subsets tried where there are too many,
 * and {@code pvmove.crash.seed} the seed.
 */
class ExhaustiveCrashTest {
  private static final boolean NIGHTLY = Boolean.getBoolean("pvmove.nightly");
  private static final long MIN_STATES = NIGHTLY ? 1_000_000 : 50_000;
  private static final int SECOND_CRASHES =
      Integer.getInteger("pvmove.crash.again", NIGHTLY ? 150_000 : 5_000);
  private static final int SAMPLES = Integer.getInteger("pvmove.crash.samples", 1_000);
  private static final long SEED = Long.getLong("pvmove.crash.seed", 20261125);

  private static final AtomicInteger SCENARIOS = new AtomicInteger();
  private static final AtomicLong STATES = new AtomicLong();

  @AfterAll
  static void triedEnoughStates() {
    if (SCENARIOS.get() == CrashScenario.values().length) {
      System.out.printf("All scenarios: %d states after a power cut%n", STATES.get());
      assertThat(STATES.get()).isGreaterThanOrEqualTo(MIN_STATES);
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsEveryByteInPlaceWheneverThePowerGoes(CrashScenario scenario) throws Exception {
    long started = System.nanoTime();
    CrashExplorer explorer = new CrashExplorer(scenario, SEED, SAMPLES, SECOND_CRASHES);
    explorer.explore();
    System.out.printf(
        "%s: %d states after a power cut (%d different, %d random; the power went again in the"
            + " recovery from %d), seed %d, %.1f s%n",
        scenario,
        explorer.crashes(),
        explorer.states(),
        explorer.random(),
        explorer.statesCutAgain(),
        SEED,
        (System.nanoTime() - started) / 1e9);
    STATES.addAndGet(explorer.crashes());
    SCENARIOS.incrementAndGet();
  }

  /** Otherwise what the explorer finds would say nothing about real power cuts. */
  @ParameterizedTest
  @EnumSource
  void endsWithThePowerCutAndLeavesWhatWasDurable(CrashScenario scenario) throws Exception {
    SimulatedDisks start = scenario.disks(SEED);
    SimulatedDisks undisturbed = start.crashImage(Unflushed.KEPT);
    scenario.action().run(undisturbed, MoveListener.NONE);
    for (long write = 1; write <= undisturbed.writeCount(); write++) {
      SimulatedDisks disks = start.crashImage(Unflushed.KEPT);
      disks.cutPowerDuringWrite(write, (int) (write % 7));
      MoveLab.assertCutShort(
          PowerCutException.class, () -> scenario.action().run(disks, MoveListener.NONE));
      assertThat(disks.powerIsOff()).as("power off").isTrue();
      for (Unflushed unflushed : Unflushed.values()) {
        MoveLab.sound(disks.crashImage(unflushed));
      }
    }
  }

  @Test
  void triesTextsThatWrap() throws IOException {
    for (CrashScenario scenario : CrashScenario.values()) {
      SimulatedDisks disks = scenario.disks(SEED);
      scenario.action().run(disks, MoveListener.NONE);
      boolean wraps = disks.trace().stream().anyMatch(operation -> MoveLab.wraps(disks, operation));
      assertThat(wraps).as("%s", scenario).isEqualTo(scenario.wraps());
    }
  }

  @Test
  void triesAtRandomWhereThereAreTooManySubsets() throws IOException {
    SimulatedDisks disks = CrashScenario.ABORT_WITH_TWO_AREAS_EACH_AND_TEXTS_THAT_WRAP.disks(SEED);
    AtomicInteger most = new AtomicInteger();
    disks.beforeEachOperation(
        operation -> most.accumulateAndGet(disks.undecidedWrites().size(), Math::max));

    CrashScenario.ABORT_WITH_TWO_AREAS_EACH_AND_TEXTS_THAT_WRAP
        .action()
        .run(disks, MoveListener.NONE);

    assertThat(most.get()).isGreaterThan(CrashExplorer.MAX_UNDECIDED);
  }
}
