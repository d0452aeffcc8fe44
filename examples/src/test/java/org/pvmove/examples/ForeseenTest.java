// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Iterables;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;

/** What is foreseen is what comes of it, step by step. */
class ForeseenTest {
  private static final PvmoveEdits.Origin ORIGIN =
      new PvmoveEdits.Origin(Tank.id("move"), Tank.id("from"), Tank.id("to"), "host", 0);

  @Provide
  Arbitrary<VolumeGroup> groups() {
    return VolumeGroups.volumeGroups();
  }

  @Property(tries = 300)
  void aPlanLeadsWhereItsLastStepDoes(
      @ForAll("groups") VolumeGroup vg,
      @ForAll @IntRange(max = 9) int source,
      @ForAll boolean atomic) {
    MoveRequest.Builder request =
        MoveRequest.from(
            vg.physicalVolumes().get(source % vg.physicalVolumes().size()).id().toString());
    PlanResult result = Planner.plan(vg, request.atomic(atomic).build());
    Assume.that(result instanceof PlanResult.Accepted);
    MovePlan plan = result.orElseThrow();
    List<LogicalVolume> replayed = Iterables.getLast(plan.replay(vg, ORIGIN)).logicalVolumes();
    assertThat(Foreseen.after(vg, plan).logicalVolumes()).isEqualTo(replayed);
  }

  @Property(tries = 300)
  void movesInProgressAreNoLongerInProgressAfterwards(@ForAll("groups") VolumeGroup vg) {
    List<Pvmove> running = Pvmove.allOf(vg);
    Assume.that(!running.isEmpty());
    VolumeGroup carriedOn = Foreseen.afterCarryingOn(vg, running);
    VolumeGroup givenUp = Foreseen.afterGivingUp(vg, running);
    assertThat(Pvmove.allOf(carriedOn)).isEmpty();
    assertThat(Pvmove.allOf(givenUp)).isEmpty();
    for (Pvmove move : running) {
      boolean allDone = move.pieces().stream().allMatch(Pvmove.Piece::done);
      if (!allDone) {
        assertThat(carriedOn).isNotEqualTo(givenUp);
      }
    }
  }
}
