// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.edit.PvmoveEditsPropertyTest.assertSound;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits.Move;
import org.pvmove.lvm.testing.VolumeGroups;

/** Whatever is wrong with a move, putting it right leaves every byte where it is. */
class PvmoveRepairsPropertyTest {
  @Provide
  Arbitrary<VolumeGroup> atRest() {
    return VolumeGroups.volumeGroupsAtRest();
  }

  @Provide
  Arbitrary<Long> seeds() {
    return Arbitraries.longs().between(0, 1_000_000);
  }

  @Property(tries = 500)
  void repairsKeepEveryExtentWhereItIs(
      @ForAll("atRest") VolumeGroup vg, @ForAll("seeds") long seed, @ForAll boolean atomic) {
    Random random = new Random(seed);
    ImmutableList<Move> moves = PvmoveEditsPropertyTest.moves(vg, random);
    Assume.that(!moves.isEmpty());
    VolumeGroup moving =
        PvmoveEdits.begin(vg, PvmoveEdits.Origin.random(random, "host", 1), moves, atomic);
    for (int i = 0; i < moves.size() && !atomic; i++) {
      if (random.nextBoolean()) {
        moving = PvmoveEdits.pieceDone(moving, Pvmove.allOf(moving).get(0), i);
      }
    }
    VolumeGroup damaged = moving;
    for (LogicalVolume lv : moving.logicalVolumes()) {
      damaged = damaged.withLogicalVolumes(List.of(damaged(lv, atomic, random)));
    }
    Map<Mapping.Logical, Mapping.Physical> mapping = Mapping.of(damaged);
    assertThat(mapping).isEqualTo(Mapping.of(moving));

    PvmoveRepairs.Repaired repaired = PvmoveRepairs.repair(damaged);

    assertThat(Mapping.of(repaired.volumeGroup())).isEqualTo(mapping);
    assertSound(repaired.volumeGroup());
    assertThat(PvmoveRepairs.repair(repaired.volumeGroup()).repairs()).isEmpty();
    assertThat(damaged.equals(moving)).isEqualTo(repaired.repairs().isEmpty());
    VolumeGroup ended = repaired.volumeGroup();
    for (Pvmove move : Pvmove.allOf(ended)) {
      ended = PvmoveEdits.end(ended, move, false);
    }
    assertThat(Mapping.of(ended)).isEqualTo(mapping);
    assertThat(ended.logicalVolumes())
        .extracting(LogicalVolume::name)
        .containsExactlyElementsOf(vg.logicalVolumes().stream().map(LogicalVolume::name).toList());
    assertThat(ended.logicalVolumes()).noneMatch(LogicalVolume::isLocked);
  }

  private static LogicalVolume damaged(LogicalVolume lv, boolean atomic, Random random) {
    LogicalVolume.Builder now = lv.toBuilder();
    if (lv.isLocked() && random.nextInt(3) == 0) {
      now.flags(lv.flags().without(StatusFlag.LOCKED));
    }
    if (lv.isPvmove() && !atomic) {
      now.segments(lv.segments().stream().map(segment -> damaged(segment, random)).toList());
    } else if (lv.isLocked() && random.nextBoolean()) {
      now.segments(uncut(lv.segments()));
    }
    return now.build();
  }

  private static Segment damaged(Segment segment, Random random) {
    SegmentType.Mirror mirror = (SegmentType.Mirror) segment.type();
    boolean done = mirror.extentsMoved() == segment.extentCount();
    return switch (random.nextInt(4)) {
      case 0 -> segment.with(SegmentType.Striped.linear(segment.areas().get(done ? 1 : 0)));
      case 1 ->
          done
              ? segment
              : segment.with(mirror.withExtentsMoved(random.nextInt((int) segment.extentCount())));
      default -> segment;
    };
  }

  /** Joins linear segments that continue each other on the temporary volume. */
  private static List<Segment> uncut(List<Segment> segments) {
    List<Segment> joined = new ArrayList<>();
    for (Segment segment : segments) {
      Segment last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (last != null
          && last.areas().size() == 1
          && segment.areas().size() == 1
          && last.areas().get(0) instanceof Area.Logical
          && last.areas().get(0).advance(last.extentCount()).equals(segment.areas().get(0))) {
        joined.set(
            joined.size() - 1,
            last.with(last.firstExtent(), last.extentCount() + segment.extentCount(), last.type()));
      } else {
        joined.add(segment);
      }
    }
    return joined;
  }
}
