// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;

/**
 * Where the extents of a volume group are; or where they are before and after something, and what
 * moves in between. A plain value.
 *
 * @param volumeGroup name of the volume group
 * @param extentBytes bytes in an extent
 * @param compares whether there are a before and an after; else both are the same
 * @param volumes names of the logical volumes that have physical extents, in the metadata's order
 * @param pvs the physical volumes, in the metadata's order
 * @param moves what moves: logical volumes in the metadata's order, their extents in order, of
 *     equal extents the stripes in order. What lies one behind the other in both places is one.
 */
public record Picture(
    String volumeGroup,
    long extentBytes,
    boolean compares,
    ImmutableList<String> volumes,
    ImmutableList<Pv> pvs,
    ImmutableList<Move> moves) {

  /** What extents are used for. */
  public enum Use {
    /** Nothing. */
    FREE,
    /** They hold data of a logical volume. */
    USED,
    /** A move in progress keeps them, while the data count at another place. */
    HELD,
    /** More than one user claims them: the metadata are damaged. */
    CLAIMED_TWICE
  }

  /**
   * A physical volume.
   *
   * @param name how users call it
   * @param extents number of extents
   * @param before the runs that cover all of them, each once, in order
   * @param after the same afterwards
   */
  public record Pv(
      String name, long extents, ImmutableList<Run> before, ImmutableList<Run> after) {}

  /**
   * Extents of one use.
   *
   * @param first the first extent
   * @param count number of extents, at least 1
   * @param use what for
   * @param volume index of the logical volume; -1 if there is none, or not one
   * @param move number of the move that they leave with, or have come with; 0 if they stay
   */
  public record Run(long first, long count, Use use, int volume, int move) {
    /** The extent behind the last one. */
    long end() {
      return first + count;
    }

    boolean isContinuedBy(Run next) {
      return end() == next.first && use == next.use && volume == next.volume && move == next.move;
    }
  }

  /**
   * A run of extents that has another place afterwards.
   *
   * @param number its number, counted from 1
   * @param volume index of the logical volume
   * @param logicalExtent first logical extent; for a stripe, that of the row of stripes
   * @param stripe index of the stripe; 0 for linear
   * @param stripes number of stripes; 1 for linear
   * @param fromPv index of the physical volume it leaves
   * @param fromExtent first extent there
   * @param toPv index of the physical volume it comes to
   * @param toExtent first extent there
   * @param count number of physical extents
   */
  public record Move(
      int number,
      int volume,
      long logicalExtent,
      int stripe,
      long stripes,
      int fromPv,
      long fromExtent,
      int toPv,
      long toExtent,
      long count) {}

  /**
   * A volume group as it is.
   *
   * @param names how users call the physical volumes
   */
  public static Picture of(VolumeGroup vg, Function<LvmUuid, String> names) {
    return of(vg, vg, names, false);
  }

  /**
   * A volume group before and after.
   *
   * @param before the volume group before
   * @param after another version of the same volume group
   * @param names how users call the physical volumes
   */
  public static Picture of(VolumeGroup before, VolumeGroup after, Function<LvmUuid, String> names) {
    return of(before, after, names, true);
  }

  private static Picture of(
      VolumeGroup before, VolumeGroup after, Function<LvmUuid, String> names, boolean compares) {
    Places placesBefore = Places.of(before);
    Places placesAfter = compares ? Places.of(after) : placesBefore;
    Set<String> volumes = new LinkedHashSet<>();
    placesBefore.places().forEach(place -> volumes.add(place.lv()));
    placesAfter.places().forEach(place -> volumes.add(place.lv()));
    Map<String, Integer> volumeIndex = indexes(volumes);
    Map<LvmUuid, Long> extents = extents(before, after);
    Map<LvmUuid, Integer> pvIndex = indexes(extents.keySet());
    List<Moved> found =
        compares ? Moved.between(placesBefore.places(), placesAfter.places()) : List.of();
    Map<LvmUuid, Cover> coversBefore = covers(placesBefore, volumeIndex);
    Map<LvmUuid, Cover> coversAfter = compares ? covers(placesAfter, volumeIndex) : coversBefore;
    List<Move> moves = new ArrayList<>();
    for (Moved moved : found) {
      PeRange from = moved.from().range();
      PeRange to = moved.to();
      Integer fromPv = pvIndex.get(from.pv());
      Integer toPv = pvIndex.get(to.pv());
      if (fromPv != null && toPv != null) {
        int number = moves.size() + 1;
        moves.add(
            new Move(
                number,
                volumeIndex.getOrDefault(moved.from().lv(), -1),
                moved.from().first(),
                moved.from().stripe(),
                moved.from().stripes(),
                fromPv,
                from.first(),
                toPv,
                to.first(),
                from.count()));
        cover(coversBefore, from.pv()).move(from.first(), from.count(), number);
        cover(coversAfter, to.pv()).move(to.first(), to.count(), number);
      }
    }
    ImmutableList.Builder<Pv> pvs = ImmutableList.builder();
    extents.forEach(
        (pv, count) -> {
          ImmutableList<Run> runs = cover(coversBefore, pv).runs(count);
          pvs.add(
              new Pv(
                  names.apply(pv),
                  count,
                  runs,
                  compares ? cover(coversAfter, pv).runs(count) : runs));
        });
    return new Picture(
        before.name(),
        before.extentSize().bytes(),
        compares,
        ImmutableList.copyOf(volumes),
        pvs.build(),
        ImmutableList.copyOf(moves));
  }

  private static Map<LvmUuid, Long> extents(VolumeGroup before, VolumeGroup after) {
    Map<LvmUuid, Long> extents = new LinkedHashMap<>();
    for (VolumeGroup vg : List.of(before, after)) {
      // Where a damaged text repeats an identity, the first one counts.
      for (PhysicalVolume pv : vg.physicalVolumes()) {
        extents.putIfAbsent(pv.id(), pv.peCount());
      }
    }
    return extents;
  }

  private static <T> Map<T, Integer> indexes(Iterable<T> all) {
    Map<T, Integer> indexes = new HashMap<>();
    for (T one : all) {
      indexes.put(one, indexes.size());
    }
    return indexes;
  }

  private static Map<LvmUuid, Cover> covers(Places places, Map<String, Integer> volumeIndex) {
    Map<LvmUuid, Cover> covers = new HashMap<>();
    for (Places.Place place : places.places()) {
      PeRange range = place.range();
      covers
          .computeIfAbsent(range.pv(), pv -> new Cover())
          .use(range.first(), range.count(), Use.USED, volumeIndex.getOrDefault(place.lv(), -1));
    }
    for (Places.Held held : places.held()) {
      PeRange range = held.range();
      int volume = held.lv() == null ? -1 : volumeIndex.getOrDefault(held.lv(), -1);
      covers
          .computeIfAbsent(range.pv(), pv -> new Cover())
          .use(range.first(), range.count(), Use.HELD, volume);
    }
    return covers;
  }

  private static Cover cover(Map<LvmUuid, Cover> covers, LvmUuid pv) {
    return covers.computeIfAbsent(pv, id -> new Cover());
  }

  /** Extents of a physical volume that are not free. */
  static long used(List<Run> runs) {
    return runs.stream().filter(run -> run.use() != Use.FREE).mapToLong(Run::count).sum();
  }

  /** Extents that move. */
  long movedExtents() {
    return moves.stream().mapToLong(Move::count).sum();
  }
}
