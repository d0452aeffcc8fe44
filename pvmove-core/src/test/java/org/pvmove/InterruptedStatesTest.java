// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pvmove.MoveLab.assertCompleted;
import static org.pvmove.MoveLab.assertSettled;
import static org.pvmove.MoveLab.assertSourceIsEmpty;
import static org.pvmove.MoveLab.mover;
import static org.pvmove.MoveLab.sound;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.device.AccessRefusedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.RawCommit;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.edit.PvmoveRepairs;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.Planner;
import org.pvmove.plan.PvNames;
import org.pvmove.plan.Surroundings;

/**
 * Every state that a move, of this library or of LVM2, is known to leave behind when it is
 * interrupted, and those that LVM2 accepts though nobody writes them: restart and abort end each of
 * them with every byte where it should be. What the two tell of the state is its repairs.
 */
class InterruptedStatesTest {
  private static final long SEED = 11;
  private static final StatusFlags VISIBLE =
      StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE);
  private static final StatusFlags HIDDEN = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE);

  /** Which metadata lie on the disks, and whether the destinations hold the data by then. */
  private enum State {
    BEGUN(begun(false), 0),
    SOME_SEGMENTS_DONE(done(2), 2),
    A_LATER_SEGMENT_DONE_AND_AN_EARLIER_ONE_NOT(
        (vg, all) -> PvmoveEdits.pieceDone(begin(vg, all, false), only(begin(vg, all, false)), 1),
        -1),
    ALL_SEGMENTS_DONE(done(Integer.MAX_VALUE), Integer.MAX_VALUE),
    ATOMIC_BEGUN(begun(true), 0),
    ATOMIC_SAID_TO_BE_MOVED(
        (vg, all) ->
            withMirrors(begin(vg, all, true), (mirror, length) -> mirror.withExtentsMoved(length)),
        Integer.MAX_VALUE),
    MOVED_WITH_A_HIDDEN_ERROR_VOLUME_LEFT(
        (vg, all) -> with(moved(vg, all), error("pvmove0", HIDDEN, 1)), Integer.MAX_VALUE),
    MOVED_WITH_A_VISIBLE_ERROR_VOLUME_LEFT(
        (vg, all) -> with(moved(vg, all), error("pvmove0", VISIBLE, 13)), Integer.MAX_VALUE),
    ATOMIC_MOVED_WITH_ERROR_VOLUMES_LEFT(
        (vg, all) ->
            with(
                with(
                    with(moved(vg, all), error("pvmove0", VISIBLE, 13)),
                    error("pvmove0_mimage_0", VISIBLE, 13)),
                error("pvmove0_mimage_1", VISIBLE, 13)),
        Integer.MAX_VALUE),
    ATOMIC_HALF_ENDED_WITH_BOTH_IMAGES((vg, all) -> halfEnded(vg, all, 1), Integer.MAX_VALUE),
    ATOMIC_HALF_ENDED_WITH_ONE_IMAGE(
        (vg, all) -> without(halfEnded(vg, all, 1), "pvmove0_mimage_0"), Integer.MAX_VALUE),
    ATOMIC_HALF_ABORTED((vg, all) -> halfEnded(vg, all, 0), 0),
    ATOMIC_HALF_ENDED_AND_THE_OLD_EXTENTS_MOVED_ON(
        InterruptedStatesTest::movedOn, Integer.MAX_VALUE),
    PIECES_DONE_ARE_PLAIN((vg, all) -> plainPieces(done(2).make(vg, all)), 2),
    UNUSED((vg, all) -> without(begin(vg, all, false), "frag", "str", "rts", "two"), 0),
    ATOMIC_UNUSED((vg, all) -> without(begin(vg, all, true), "frag", "str", "rts", "two"), 0),
    UNCUT((vg, all) -> uncut(begin(vg, all, false)), 0),
    VOLUMES_NOT_LOCKED(
        (vg, all) ->
            change(begin(vg, all, false), lv -> !lv.isPvmove(), InterruptedStatesTest::unlocked),
        0),
    TEMPORARY_VOLUME_NOT_LOCKED(
        (vg, all) ->
            change(begin(vg, all, false), LogicalVolume::isPvmove, InterruptedStatesTest::unlocked),
        0),
    TEMPORARY_VOLUME_VISIBLE(
        (vg, all) ->
            change(
                begin(vg, all, false),
                LogicalVolume::isPvmove,
                lv -> lv.toBuilder().flags(lv.flags().with(StatusFlag.VISIBLE)).build()),
        0),
    TEMPORARY_VOLUME_OF_ANOTHER_NAME((vg, all) -> renamed(begin(vg, all, false)), 0),
    SEGMENTS_MOVED_IN_PART(
        (vg, all) ->
            withMirrors(
                begin(vg, all, false),
                (mirror, length) -> mirror.withExtentsMoved(length > 1 ? length - 1 : 0)),
        0),
    SEGMENTS_WITHOUT_EXTENTS_MOVED(
        (vg, all) ->
            withMirrors(
                begin(vg, all, false),
                (mirror, length) ->
                    new SegmentType.Mirror(
                        null, mirror.log(), mirror.regionSize(), mirror.areas())),
        0),
    SEVERAL_SOURCES((vg, all) -> begin(vg, fromSeveral(vg, all), false), 0),
    TWO_MOVES_FROM_ONE_SOURCE(InterruptedStatesTest::twoMoves, 0),
    DESTINATION_OF_AN_ATOMIC_MOVE_MOVED(InterruptedStatesTest::stacked, 0);

    @SuppressWarnings("ImmutableEnumChecker") // A pure function.
    private final Maker maker;

    private final int copied;

    /**
     * @param copied how many pieces have their data at the destination only; -1: the second one
     */
    State(Maker maker, int copied) {
      this.maker = maker;
      this.copied = copied;
    }
  }

  private interface Maker {
    VolumeGroup make(VolumeGroup vg, List<PvmoveEdits.Move> moves);
  }

  private static VolumeGroup begin(VolumeGroup vg, List<PvmoveEdits.Move> moves, boolean atomic) {
    return PvmoveEdits.begin(
        vg,
        PvmoveEdits.Origin.random(new Random(vg.logicalVolumes().size()), "test", 1_800_000_000L),
        moves,
        atomic);
  }

  private static Maker begun(boolean atomic) {
    return (vg, moves) -> begin(vg, moves, atomic);
  }

  private static Pvmove only(VolumeGroup vg) {
    return Pvmove.allOf(vg).get(0);
  }

  private static Maker done(int count) {
    return (vg, moves) -> {
      VolumeGroup now = begin(vg, moves, false);
      for (int i = 0; i < Math.min(count, moves.size()); i++) {
        now = PvmoveEdits.pieceDone(now, only(now), i);
      }
      return now;
    };
  }

  private static VolumeGroup moved(VolumeGroup vg, List<PvmoveEdits.Move> moves) {
    VolumeGroup done = done(Integer.MAX_VALUE).make(vg, moves);
    return PvmoveEdits.end(done, only(done), true);
  }

  private static LogicalVolume error(String name, StatusFlags flags, long extents) {
    return LogicalVolume.builder(name, LvmUuid.random(new Random(name.hashCode())))
        .flags(flags)
        .segments(List.of(Segment.of(0, extents, new SegmentType.ErrorTarget())))
        .build();
  }

  private static VolumeGroup with(VolumeGroup vg, LogicalVolume lv) {
    List<LogicalVolume> lvs = new ArrayList<>(vg.logicalVolumes());
    lvs.add(lv);
    return vg.toBuilder().logicalVolumes(lvs).build();
  }

  private static VolumeGroup without(VolumeGroup vg, String... names) {
    return vg.toBuilder()
        .logicalVolumes(
            vg.logicalVolumes().stream().filter(lv -> !List.of(names).contains(lv.name())).toList())
        .build();
  }

  private interface Choice {
    boolean of(LogicalVolume lv);
  }

  private static VolumeGroup change(
      VolumeGroup vg, Choice choice, UnaryOperator<LogicalVolume> change) {
    return vg.withLogicalVolumes(
        vg.logicalVolumes().stream().filter(choice::of).map(change).toList());
  }

  private static LogicalVolume unlocked(LogicalVolume lv) {
    return lv.toBuilder().flags(lv.flags().without(StatusFlag.LOCKED)).build();
  }

  private interface MirrorChange {
    SegmentType of(SegmentType.Mirror mirror, long length);
  }

  private static VolumeGroup withMirrors(VolumeGroup vg, MirrorChange change) {
    return change(
        vg,
        LogicalVolume::isPvmove,
        lv ->
            lv.toBuilder()
                .segments(
                    lv.segments().stream()
                        .map(
                            segment ->
                                segment.with(
                                    change.of(
                                        (SegmentType.Mirror) segment.type(),
                                        segment.extentCount())))
                        .toList())
                .build());
  }

  /** What LVM2 before 2.03.38 leaves when it is interrupted while it ends an atomic move. */
  private static VolumeGroup halfEnded(VolumeGroup vg, List<PvmoveEdits.Move> moves, int leg) {
    VolumeGroup now = begin(vg, moves, true);
    LogicalVolume image = now.logicalVolume("pvmove0_mimage_" + leg).orElseThrow();
    LogicalVolume other = now.logicalVolume("pvmove0_mimage_" + (1 - leg)).orElseThrow();
    LogicalVolume move = now.logicalVolume("pvmove0").orElseThrow();
    return now.withLogicalVolumes(
        List.of(
            move.toBuilder().segments(image.segments()).build(),
            other.toBuilder().flags(VISIBLE).build(),
            image.toBuilder()
                .flags(VISIBLE)
                .segments(
                    List.of(Segment.of(0, image.extentCount(), new SegmentType.ErrorTarget())))
                .build()));
  }

  /** LVM2 takes the image of the sources for a volume like any other, and moves it if asked to. */
  private static VolumeGroup movedOn(VolumeGroup vg, List<PvmoveEdits.Move> moves) {
    VolumeGroup now = halfEnded(vg, moves, 1);
    PeRange source = moves.get(0).source();
    LvmUuid third = vg.physicalVolumes().get(2).id();
    return begin(
        now, List.of(new PvmoveEdits.Move(source, new PeRange(third, 60, source.count()))), false);
  }

  private static VolumeGroup plainPieces(VolumeGroup vg) {
    return withMirrors(
        vg,
        (mirror, length) ->
            mirror.extentsMoved() == length
                ? SegmentType.Striped.linear(mirror.areas().get(1))
                : mirror);
  }

  /** Joins what continues each other on the temporary volume. */
  private static VolumeGroup uncut(VolumeGroup vg) {
    return change(
        vg,
        lv -> lv.isLocked() && !lv.isPvmove(),
        lv -> {
          List<Segment> joined = new ArrayList<>();
          for (Segment segment : lv.segments()) {
            Segment last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null
                && last.areas().size() == 1
                && segment.areas().size() == 1
                && last.areas().get(0) instanceof Area.Logical
                && last.areas().get(0).advance(last.extentCount()).equals(segment.areas().get(0))) {
              joined.set(
                  joined.size() - 1,
                  last.with(
                      last.firstExtent(), last.extentCount() + segment.extentCount(), last.type()));
            } else {
              joined.add(segment);
            }
          }
          return lv.toBuilder().segments(joined).build();
        });
  }

  private static VolumeGroup renamed(VolumeGroup vg) {
    List<LogicalVolume> lvs = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      List<Segment> segments = new ArrayList<>();
      for (Segment segment : lv.segments()) {
        ImmutableList.Builder<Area> areas = ImmutableList.builder();
        for (Area area : segment.areas()) {
          areas.add(
              area instanceof Area.Logical on ? new Area.Logical("mover", on.extent()) : area);
        }
        segments.add(segment.with(segment.type().withAreas(areas.build())));
      }
      lvs.add(lv.toBuilder().name(lv.isPvmove() ? "mover" : lv.name()).segments(segments).build());
    }
    return vg.toBuilder().logicalVolumes(lvs).build();
  }

  /** All moves, and one of an extent of disk c that volume "two" uses. */
  private static List<PvmoveEdits.Move> fromSeveral(VolumeGroup vg, List<PvmoveEdits.Move> moves) {
    List<PvmoveEdits.Move> all = new ArrayList<>(moves);
    LvmUuid second = vg.physicalVolumes().get(1).id();
    LvmUuid third = vg.physicalVolumes().get(2).id();
    all.add(new PvmoveEdits.Move(new PeRange(third, 5, 2), new PeRange(second, 60, 2)));
    return all;
  }

  private static VolumeGroup twoMoves(VolumeGroup vg, List<PvmoveEdits.Move> moves) {
    // A volume that is in one move is locked against the other.
    List<PvmoveEdits.Move> ofTwo =
        moves.stream().filter(move -> move.source().first() == 12).toList();
    List<PvmoveEdits.Move> others =
        moves.stream().filter(move -> move.source().first() != 12).toList();
    return begin(begin(vg, others, false), ofTwo, false);
  }

  /** LVM2 does not keep anybody from moving what an atomic move is copied to. */
  private static VolumeGroup stacked(VolumeGroup vg, List<PvmoveEdits.Move> moves) {
    VolumeGroup outer = begin(vg, moves, true);
    LogicalVolume image = outer.logicalVolume("pvmove0_mimage_1").orElseThrow();
    LvmUuid third = vg.physicalVolumes().get(2).id();
    PeRange inner = moves.get(1).destination();
    VolumeGroup lone =
        begin(
            // Without the outer move: the image as a volume of its own.
            vg.toBuilder().logicalVolumes(List.of(image)).build(),
            List.of(new PvmoveEdits.Move(inner, new PeRange(third, 60, inner.count()))),
            false);
    return with(
        outer.withLogicalVolumes(
            List.of(rename(lone.logicalVolume("pvmove0_mimage_1").orElseThrow(), "pvmove1"))),
        lone.pvmoveVolumes().get(0).toBuilder().name("pvmove1").build());
  }

  private static LogicalVolume rename(LogicalVolume lv, String move) {
    List<Segment> segments = new ArrayList<>();
    for (Segment segment : lv.segments()) {
      segments.add(
          segment.areas().get(0) instanceof Area.Logical on
              ? segment.with(SegmentType.Striped.linear(new Area.Logical(move, on.extent())))
              : segment);
    }
    return lv.toBuilder().segments(segments).build();
  }

  /**
   * The disks in that state, durably; where the data have moved the source holds something else.
   */
  private static SimulatedDisks disks(State state) throws IOException {
    SimulatedDisks disks = MoveLab.Scenario.ONE_AREA_EACH.disks(SEED);
    DeviceSet set = DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    VolumeGroup vg = stored.volumeGroup();
    List<PvmoveEdits.Move> moves =
        Planner.plan(
                vg,
                MoveRequest.from("a").to("b").maxSegmentBytes(MoveLab.SEGMENT_BYTES).build(),
                Surroundings.of(
                    PvNames.of(
                        vg,
                        ImmutableMap.of(
                            vg.physicalVolumes().get(0).id(), "a",
                            vg.physicalVolumes().get(1).id(), "b",
                            vg.physicalVolumes().get(2).id(), "c"))))
            .orElseThrow()
            .moves();
    for (int i = 0; i < moves.size(); i++) {
      if (i < state.copied || (state.copied < 0 && i == 1)) {
        copy(stored, moves.get(i));
      }
    }
    for (BlockDevice device : set.devices()) {
      device.flush();
    }
    RawCommit.commit(stored, state.maker.make(vg, moves), SmallGroup.header("a test"));
    return disks.crashImage(Unflushed.LOST);
  }

  private static void copy(StoredVolumeGroup stored, PvmoveEdits.Move move) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(move.source().count() * MoveLab.EXTENT_BYTES));
    BlockDevice source = stored.device(move.source().pv()).device();
    long from = MoveLab.byteOffset(stored, move.source());
    source.read(from, bytes);
    stored
        .device(move.destination().pv())
        .device()
        .write(MoveLab.byteOffset(stored, move.destination()), bytes.flip());
    source.write(from, ByteBuffer.wrap(LvContent.pattern("stale", bytes.limit())));
  }

  private static StoredVolumeGroup scan(SimulatedDisks disks) {
    return DeviceSet.of(disks.disks().toArray(new BlockDevice[0]))
        .scan()
        .volumeGroup(SmallGroup.NAME);
  }

  @ParameterizedTest
  @EnumSource
  void restartsAndAborts(State state) throws Exception {
    SimulatedDisks disks = disks(state);
    StoredVolumeGroup found = scan(disks);
    LvContent.verifyAll(found);
    ImmutableList<String> repairs = PvmoveRepairs.repair(found.volumeGroup()).repairs();
    SimulatedDisks second = disks.crashImage(Unflushed.KEPT);

    MoveOutcome restarted = mover(disks.disks(), MoveListener.NONE).resume();

    assertCompleted(restarted);
    assertThat(restarted.work().repairs()).isEqualTo(repairs);
    VolumeGroup now = checked(state, disks);
    if (state != State.ATOMIC_HALF_ABORTED) {
      assertSourceIsEmpty(now);
    }

    MoveOutcome aborted = mover(second.disks(), MoveListener.NONE).abort();

    assertCompleted(aborted);
    assertThat(aborted.work().repairs()).isEqualTo(repairs);
    assertThat(aborted.work().bytesCopied()).isZero();
    checked(state, second);
  }

  private static VolumeGroup checked(State state, SimulatedDisks disks) {
    VolumeGroup now = sound(disks.crashImage(Unflushed.LOST)).volumeGroup();
    if (state == State.UNUSED || state == State.ATOMIC_UNUSED) {
      assertThat(now.logicalVolumes()).isEmpty();
    } else {
      assertSettled(now);
      for (LogicalVolume lv : now.logicalVolumes()) {
        assertThat(lv.segments()).isEqualTo(Segments.merge(lv.segments()));
      }
    }
    return now;
  }

  @ParameterizedTest
  @EnumSource(names = {"UNCUT", "TEMPORARY_VOLUME_NOT_LOCKED", "SEGMENTS_WITHOUT_EXTENTS_MOVED"})
  void planNothingInAVolumeGroupThatHasToBeRepaired(State state) throws Exception {
    SimulatedDisks disks = disks(state);

    assertThatThrownBy(
            () ->
                mover(disks.disks(), MoveListener.NONE).plan(MoveRequest.from("b").to("c").build()))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("restart or abort moves first");
    assertThat(disks.writeCount()).isZero();
  }
}
