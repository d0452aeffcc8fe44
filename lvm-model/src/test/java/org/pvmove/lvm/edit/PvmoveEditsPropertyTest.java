// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.edit.PvmoveEdits.Move;
import org.pvmove.lvm.edit.PvmoveEdits.Origin;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/** At every step of every move every logical extent has exactly one place, and the right one. */
class PvmoveEditsPropertyTest {
  /**
   * A volume group and runs that can move in it.
   *
   * @param seed chooses what happens next
   */
  record Case(VolumeGroup vg, ImmutableList<Move> moves, long seed) {
    @Override
    public String toString() {
      return "seed %d, moves %s, in%n%s".formatted(seed, moves, text(vg));
    }
  }

  @Provide
  Arbitrary<Case> movable() {
    return Combinators.combine(
            VolumeGroups.volumeGroupsAtRest(), Arbitraries.longs().between(0, 1_000_000))
        .as((vg, seed) -> new Case(vg, moves(vg, new Random(seed)), seed))
        .filter(c -> !c.moves().isEmpty());
  }

  /** Cuts what is used at random, and moves some of the pieces to where there is room. */
  static ImmutableList<Move> moves(VolumeGroup vg, Random random) {
    Map<LvmUuid, BitSet> used = new HashMap<>();
    ExtentMap extents = ExtentMap.of(vg);
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      BitSet bits = new BitSet();
      extents
          .uses(pv.id())
          .forEach(use -> bits.set((int) use.range().first(), (int) use.range().end()));
      used.put(pv.id(), bits);
    }
    List<Move> moves = new ArrayList<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : Segments.merge(lv.segments())) {
        if (!(segment.type() instanceof SegmentType.Striped)) {
          continue;
        }
        Set<Long> cuts = new TreeSet<>(List.of(0L, segment.areaLength()));
        for (int i = random.nextInt(3); i > 0; i--) {
          cuts.add((long) random.nextInt((int) segment.areaLength() + 1));
        }
        List<Long> at = List.copyOf(cuts);
        for (int i = 0; i + 1 < at.size(); i++) {
          Set<LvmUuid> avoid = new HashSet<>();
          segment.areas().forEach(area -> avoid.add(((Area.Physical) area).pv()));
          for (Area area : segment.areas()) {
            if (random.nextInt(3) == 0) {
              continue;
            }
            PeRange source =
                segment.physicalRange(area).slice(at.get(i), at.get(i + 1) - at.get(i));
            // The stripes of a segment stay on different physical volumes.
            avoid.remove(source.pv());
            Optional<PeRange> destination = allocate(vg, used, source.count(), avoid, random);
            avoid.add(source.pv());
            destination.ifPresent(
                place -> {
                  moves.add(new Move(source, place));
                  avoid.add(place.pv());
                });
          }
        }
      }
    }
    Collections.shuffle(moves, random);
    return ImmutableList.copyOf(moves);
  }

  private static Optional<PeRange> allocate(
      VolumeGroup vg, Map<LvmUuid, BitSet> used, long count, Set<LvmUuid> avoid, Random random) {
    List<PeRange> places = new ArrayList<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      BitSet bits = used.get(pv.id());
      for (int at = 0; !avoid.contains(pv.id()) && at + count <= pv.peCount(); at++) {
        int next = bits.nextSetBit(at);
        if (next < 0 || next >= at + count) {
          places.add(new PeRange(pv.id(), at, count));
        }
      }
    }
    if (places.isEmpty()) {
      return Optional.empty();
    }
    PeRange place = places.get(random.nextInt(places.size()));
    used.get(place.pv()).set((int) place.first(), (int) place.end());
    return Optional.of(place);
  }

  private static String text(VolumeGroup vg) {
    return new MetadataText(vg, MetadataHeader.of("test", "host", 0)).toString();
  }

  private static Origin origin(Random random) {
    return Origin.random(random, "host", 1_700_000_000);
  }

  static void assertSound(VolumeGroup vg) {
    assertThat(VolumeGroupCheck.check(vg)).isEmpty();
    MetadataText text = new MetadataText(vg, MetadataHeader.of("test", "host", 0));
    assertThat(MetadataText.parseDisk(text.toDiskBytes())).isEqualTo(text);
  }

  private static long freeExtents(VolumeGroup vg) {
    ExtentMap extents = ExtentMap.of(vg);
    return vg.physicalVolumes().stream().mapToLong(pv -> extents.freeCount(pv.id())).sum();
  }

  private static long count(List<Move> moves) {
    return moves.stream().mapToLong(move -> move.source().count()).sum();
  }

  /** The mapping once these runs are at their destination. */
  static Map<Mapping.Logical, Mapping.Physical> moved(VolumeGroup vg, List<Move> moves) {
    Map<Mapping.Physical, Mapping.Physical> places = new HashMap<>();
    for (Move move : moves) {
      for (long i = 0; i < move.source().count(); i++) {
        places.put(
            new Mapping.Physical(move.source().pv(), move.source().first() + i),
            new Mapping.Physical(move.destination().pv(), move.destination().first() + i));
      }
    }
    Map<Mapping.Logical, Mapping.Physical> mapping = Mapping.of(vg);
    mapping.replaceAll((extent, place) -> places.getOrDefault(place, place));
    return mapping;
  }

  /** The volume group as it was, except that LVM2 merges what it writes. */
  private static void assertAsBefore(VolumeGroup after, VolumeGroup before, List<Move> moves) {
    Set<String> touched = new HashSet<>();
    for (Move move : moves) {
      for (ExtentMap.Use use : ExtentMap.of(before).uses(move.source().pv())) {
        if (use.range().overlaps(move.source())) {
          touched.add(use.lv().name());
        }
      }
    }
    List<LogicalVolume> expected = new ArrayList<>();
    for (LogicalVolume lv : before.logicalVolumes()) {
      expected.add(
          touched.contains(lv.name())
              ? lv.toBuilder().segments(Segments.merge(lv.segments())).build()
              : lv);
    }
    assertThat(after).isEqualTo(before.toBuilder().logicalVolumes(expected).build());
  }

  @Property(tries = 200)
  void beginningAMoveMovesNothing(@ForAll("movable") Case c, @ForAll boolean atomic) {
    VolumeGroup begun = PvmoveEdits.begin(c.vg(), origin(new Random(c.seed())), c.moves(), atomic);
    assertSound(begun);
    assertThat(Mapping.of(begun)).isEqualTo(Mapping.of(c.vg()));
    assertThat(freeExtents(begun)).isEqualTo(freeExtents(c.vg()) - count(c.moves()));
    Pvmove move = Pvmove.allOf(begun).get(0);
    assertThat(move.atomic()).isEqualTo(atomic);
    assertThat(move.pieces())
        .extracting(piece -> new Move(piece.source(), piece.destination()))
        .isEqualTo(c.moves());
    assertThat(begun.logicalVolumes())
        .filteredOn(LogicalVolume::isLocked)
        .extracting(LogicalVolume::name)
        .contains(move.name())
        .hasSizeGreaterThan(1);
  }

  @Property(tries = 200)
  void everyDonePieceIsAtItsDestinationAndEveryOtherAtItsSource(@ForAll("movable") Case c) {
    Random random = new Random(c.seed());
    VolumeGroup vg = PvmoveEdits.begin(c.vg(), origin(random), c.moves(), false);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < c.moves().size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    List<Move> done = new ArrayList<>();
    for (int piece : order.subList(0, random.nextInt(order.size() + 1))) {
      Pvmove move = Pvmove.allOf(vg).get(0);
      vg = PvmoveEdits.pieceDone(vg, move, piece);
      done.add(c.moves().get(piece));
      assertSound(vg);
      assertThat(PvmoveEdits.pieceDone(vg, move, piece)).isEqualTo(vg);
      assertThat(Mapping.of(vg)).isEqualTo(moved(c.vg(), done));
    }
    assertEnded(PvmoveEdits.end(vg, Pvmove.allOf(vg).get(0), random.nextBoolean()), c, done);
  }

  private static void assertEnded(VolumeGroup ended, Case c, List<Move> done) {
    assertSound(ended);
    assertThat(Mapping.of(ended)).isEqualTo(moved(c.vg(), done));
    assertThat(freeExtents(ended)).isEqualTo(freeExtents(c.vg()));
    assertThat(ended.logicalVolumes())
        .extracting(LogicalVolume::name, LogicalVolume::flags, LogicalVolume::extentCount)
        .isEqualTo(
            c.vg().logicalVolumes().stream()
                .map(lv -> tuple(lv.name(), lv.flags(), lv.extentCount()))
                .toList());
    ExtentMap extents = ExtentMap.of(ended);
    for (Move move : c.moves()) {
      PeRange left = done.contains(move) ? move.source() : move.destination();
      assertThat(extents.uses(left.pv())).noneMatch(use -> use.range().overlaps(left));
    }
  }

  @Property(tries = 200)
  void abortingAtTheStartGivesBackWhatWasThere(@ForAll("movable") Case c, @ForAll boolean atomic) {
    VolumeGroup begun = PvmoveEdits.begin(c.vg(), origin(new Random(c.seed())), c.moves(), atomic);
    VolumeGroup aborted = PvmoveEdits.end(begun, Pvmove.allOf(begun).get(0), false);
    assertEnded(aborted, c, List.of());
    assertAsBefore(aborted, c.vg(), c.moves());
  }

  @Property(tries = 100)
  void anAtomicMoveEndsWithEverythingAtItsDestination(@ForAll("movable") Case c) {
    VolumeGroup begun = PvmoveEdits.begin(c.vg(), origin(new Random(c.seed())), c.moves(), true);
    assertEnded(PvmoveEdits.end(begun, Pvmove.allOf(begun).get(0), true), c, c.moves());
  }

  @Property(tries = 100)
  void movesSideBySideDoNotDisturbEachOther(@ForAll("movable") Case c) {
    Random random = new Random(c.seed());
    // One move for each volume, as locked volumes cannot be in two.
    Map<String, List<Move>> byVolume = new HashMap<>();
    for (Move move : c.moves()) {
      ExtentMap.of(c.vg()).uses(move.source().pv()).stream()
          .filter(use -> use.range().overlaps(move.source()))
          .findFirst()
          .ifPresent(
              use -> byVolume.computeIfAbsent(use.lv().name(), lv -> new ArrayList<>()).add(move));
    }
    VolumeGroup vg = c.vg();
    List<String> names = new ArrayList<>();
    for (List<Move> moves : byVolume.values()) {
      names.add(PvmoveEdits.nextName(vg));
      vg = PvmoveEdits.begin(vg, origin(random), moves, random.nextBoolean());
      assertSound(vg);
    }
    assertThat(names).doesNotHaveDuplicates();
    assertThat(Mapping.of(vg)).isEqualTo(Mapping.of(c.vg()));
    Collections.shuffle(names, random);
    List<Move> done = new ArrayList<>();
    for (String name : names) {
      Pvmove move = Pvmove.of(vg, vg.logicalVolume(name).orElseThrow());
      if (random.nextBoolean()) {
        for (int i = 0; i < move.pieces().size(); i++) {
          Pvmove.Piece piece = move.pieces().get(i);
          done.add(new Move(piece.source(), piece.destination()));
          vg = move.atomic() ? vg : PvmoveEdits.pieceDone(vg, move, i);
        }
        vg = PvmoveEdits.end(vg, move, true);
      } else {
        vg = PvmoveEdits.end(vg, move, false);
      }
      assertSound(vg);
      assertThat(Mapping.of(vg)).isEqualTo(moved(c.vg(), done));
    }
    assertEnded(vg, c, done);
  }
}
