// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MoveRequest;

/**
 * Something done to a volume group on small disks, in the middle of which the power may go; among
 * them is every kind of step that a move takes.
 *
 * <p>There are three disks. Off {@code a}, and in some scenarios off {@code c}, extents move to
 * {@code b}.
 */
enum CrashScenario {
  MOVE("bbbb bcbcbc ccc", Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A, 1, 0, 1, 1, 1),
  MOVE_WITH_TWO_AREAS_EACH(MOVE.end, Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A, 1, 0, 2, 2, 2),
  MOVE_ONTO_A_DISK_WITHOUT_AN_AREA(
      MOVE.end, Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A, 1, 0, 1, 0, 1),
  MOVE_OFF_A_DISK_WITHOUT_AN_AREA(
      MOVE.end, Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A, 1, 0, 0, 1, 0),
  MOVE_WITH_TEXTS_THAT_WRAP(MOVE.end, Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A, 10, 0, 1, 1, 1),
  // Two texts fill the ring: each commit overwrites the text before the last one.
  MOVE_WITH_TEXTS_OF_HALF_THE_RING(
      MOVE.end, Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A, 2, 10_000, 1, 0, 1),
  ATOMIC_MOVE(MOVE.end, Start.NOTHING_UNDER_WAY, Action.MOVE_OFF_A_ATOMICALLY, 1, 0, 1, 1, 1),
  RESTART(MOVE.end, Start.MOVE_OFF_A, Action.RESTART, 3, 0, 1, 1, 1),
  RESTART_OF_AN_ATOMIC_MOVE(MOVE.end, Start.ATOMIC_MOVE_OFF_A, Action.RESTART, 1, 0, 1, 1, 1),
  ABORT("bbab acacac ccc", Start.MOVE_OFF_A, Action.ABORT, 1, 0, 1, 1, 1),
  // So many writes at once that not every subset can be looked at.
  ABORT_WITH_TWO_AREAS_EACH_AND_TEXTS_THAT_WRAP(
      ABORT.end, Start.MOVE_OFF_A, Action.ABORT, 12, 0, 2, 2, 2),
  ABORT_OF_AN_ATOMIC_MOVE("aaab acacac ccc", Start.ATOMIC_MOVE_OFF_A, Action.ABORT, 1, 0, 2, 1, 0),
  SECOND_MOVE("bbab acacac bbb", Start.MOVE_OFF_A, Action.MOVE_OFF_C, 1, 0, 1, 1, 1),
  RESTART_OF_TWO_MOVES("bbbb bcbcbc bbb", Start.TWO_MOVES, Action.RESTART, 1, 0, 1, 1, 0),
  ABORT_OF_TWO_MOVES(ABORT.end, Start.TWO_MOVES, Action.ABORT, 1, 0, 1, 1, 1);

  private static final int EXTENT_BYTES = 4 << 10;
  private static final int SEGMENT_BYTES = 2 * EXTENT_BYTES;

  /** The logical volumes. */
  static final ImmutableList<String> LOGICAL_VOLUMES = ImmutableList.of("frag", "str", "two");

  /** What was under way before. */
  private enum Start {
    NOTHING_UNDER_WAY,
    /** One segment is done, and others are not. */
    MOVE_OFF_A,
    ATOMIC_MOVE_OFF_A,
    /** A move with a segment done, and one that has just begun. */
    TWO_MOVES
  }

  /** What is done; called again it does the same. */
  enum Action {
    MOVE_OFF_A,
    MOVE_OFF_A_ATOMICALLY,
    MOVE_OFF_C,
    RESTART,
    ABORT;

    MoveOutcome run(SimulatedDisks disks, MoveListener listener) throws IOException {
      PvMover mover = mover(disks, listener, name().hashCode());
      return switch (this) {
        case MOVE_OFF_A -> move(mover, MoveRequest.from("a").logicalVolume("frag", "str"));
        case MOVE_OFF_A_ATOMICALLY ->
            move(mover, MoveRequest.from("a").logicalVolume("frag", "str").atomic(true));
        case MOVE_OFF_C -> move(mover, MoveRequest.from("c").logicalVolume("two"));
        case RESTART -> mover.resume();
        case ABORT -> mover.abort();
      };
    }

    private static MoveOutcome move(PvMover mover, MoveRequest.Builder request) throws IOException {
      return mover.execute(
          mover.plan(request.to("b").maxSegmentBytes(SEGMENT_BYTES).build()).orElseThrow());
    }

    /** A mover as of a process that has just been started. */
    private static PvMover mover(SimulatedDisks disks, MoveListener listener, long seed) {
      return MoveLab.moverOn(disks.disks()).random(new Random(seed)).listener(listener).build();
    }
  }

  private final String end;
  private final Start start;
  private final Action action;
  private final int commits;
  private final int tagLength;
  private final ImmutableList<Integer> areas;

  /**
   * @param end where the extents are at the end
   * @param start what is under way before
   * @param action what is done then
   * @param commits versions written before, which decide where in the ring the next texts go
   * @param tagLength by how many characters the texts are longer than need be
   * @param areas metadata areas on each disk
   */
  CrashScenario(
      String end, Start start, Action action, int commits, int tagLength, Integer... areas) {
    this.end = end;
    this.start = start;
    this.action = action;
    this.commits = commits;
    this.tagLength = tagLength;
    this.areas = ImmutableList.copyOf(areas);
  }

  /** Whether a text goes over the end of the ring of metadata. */
  boolean wraps() {
    return this == MOVE_WITH_TEXTS_THAT_WRAP
        || this == MOVE_WITH_TEXTS_OF_HALF_THE_RING
        || this == ABORT_WITH_TWO_AREAS_EACH_AND_TEXTS_THAT_WRAP;
  }

  /** What is done when the power goes. */
  Action action() {
    return action;
  }

  /** The disks before that, everything on them durable. */
  SimulatedDisks disks(long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    for (String name : new String[] {"a", "b", "c"}) {
      disks.add(name, 2 << 20);
    }
    SmallGroup.on(disks.disks())
        .extentBytes(EXTENT_BYTES)
        .areas(areas)
        .commits(commits)
        .tagOf(1 + tagLength)
        .linear(
            "frag",
            new SmallGroup.Run(0, 9, 2),
            new SmallGroup.Run(0, 0, 1),
            new SmallGroup.Run(1, 0, 1))
        .striped("str", 4 << 10, new SmallGroup.Run(0, 4, 3), new SmallGroup.Run(2, 0, 3))
        .linear("two", new SmallGroup.Run(2, 5, 3))
        .create();
    switch (start) {
      case NOTHING_UNDER_WAY -> {}
      case MOVE_OFF_A -> stopAtFirst(MoveEvent.Checkpoint.class, Action.MOVE_OFF_A, disks);
      case ATOMIC_MOVE_OFF_A ->
          stopAtFirst(MoveEvent.Copied.class, Action.MOVE_OFF_A_ATOMICALLY, disks);
      case TWO_MOVES -> {
        stopAtFirst(MoveEvent.Checkpoint.class, Action.MOVE_OFF_A, disks);
        stopAtFirst(MoveEvent.Started.class, Action.MOVE_OFF_C, disks);
      }
    }
    return disks.crashImage(Unflushed.KEPT);
  }

  /** Stands for the user's Ctrl-C. */
  private static final class StopException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static void stopAtFirst(
      Class<? extends MoveEvent> kind, Action action, SimulatedDisks disks) throws IOException {
    boolean stopped = false;
    try {
      action.run(
          disks,
          event -> {
            if (kind.isInstance(event)) {
              throw new StopException();
            }
          });
    } catch (StopException e) {
      stopped = true;
    }
    assertThat(stopped).isTrue();
  }

  /** Checks what an undisturbed run ends with. */
  void checkEnd(VolumeGroup vg) {
    assertThat(layout(vg)).isEqualTo(end);
    // The first move goes on after the second one.
    assertThat(Pvmove.allOf(vg)).hasSize(this == SECOND_MOVE ? 1 : 0);
  }

  /** For each volume the disks on which its extents are: "aab" stands for a linear one of three. */
  private static String layout(VolumeGroup vg) {
    List<LvmUuid> pvs = vg.physicalVolumes().stream().map(PhysicalVolume::id).toList();
    return Places.of(vg, Places.Ending.AS_THEY_ARE).values().stream()
        .map(
            places ->
                places.stream()
                    .map(place -> "abc".substring(pvs.indexOf(place.pv())).substring(0, 1))
                    .collect(Collectors.joining()))
        .collect(Collectors.joining(" "));
  }
}
