// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * A move under way, as the volume group's metadata tells it: the only record of its progress.
 *
 * @param name name of the temporary logical volume, {@code pvmoveN}
 * @param id identity of that volume; a later move may bear the same name
 * @param atomic whether it is one mirror over two hidden volumes, to be finished as a whole
 * @param pieces what is copied from where to where, in order
 */
public record Pvmove(String name, LvmUuid id, boolean atomic, ImmutableList<Piece> pieces) {

  /**
   * A run of extents that moves: one segment of the temporary volume, or for an atomic move one
   * segment of its images.
   *
   * @param firstExtent first logical extent of it in the temporary volume
   * @param source where the data come from
   * @param destination where they go, as many extents
   * @param done whether the metadata calls the destination authoritative
   */
  public record Piece(long firstExtent, PeRange source, PeRange destination, boolean done) {}

  /** Total number of extents. */
  public long extentCount() {
    return pieces.stream().mapToLong(piece -> piece.source().count()).sum();
  }

  /**
   * The moves under way in the volume group that can be carried on now, in the text's order. An
   * atomic move whose image is itself being moved is among them once that other move is over; one
   * that was interrupted while it ended is {@link PvmoveRepairs}' business.
   *
   * @throws LvmException if there is a temporary volume that is not of a form a move has
   */
  public static ImmutableList<Pvmove> allOf(VolumeGroup vg) {
    ImmutableList.Builder<Pvmove> moves = ImmutableList.builder();
    for (LogicalVolume lv : vg.pvmoveVolumes()) {
      if (!PvmoveRepairs.isHalfEnded(lv) && !waits(vg, lv)) {
        moves.add(of(vg, lv));
      }
    }
    return moves.build();
  }

  /** Whether an image of the move stands on another move. */
  private static boolean waits(VolumeGroup vg, LogicalVolume lv) {
    for (Segment segment : lv.segments()) {
      for (Area leg : segment.areas()) {
        LogicalVolume image =
            leg instanceof Area.Logical logical
                ? vg.logicalVolume(logical.lv()).orElse(null)
                : null;
        if (image != null && standsOnMove(vg, image)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean standsOnMove(VolumeGroup vg, LogicalVolume lv) {
    return lv.segments().stream()
        .flatMap(segment -> segment.areas().stream())
        .anyMatch(area -> isOnMove(vg, area));
  }

  /** Whether an area is in the temporary volume of a move. */
  static boolean isOnMove(VolumeGroup vg, Area area) {
    return area instanceof Area.Logical logical
        && vg.logicalVolume(logical.lv()).filter(LogicalVolume::isPvmove).isPresent();
  }

  /**
   * Reads a move from its temporary volume.
   *
   * @throws LvmException if the volume is not of a form a move has
   */
  public static Pvmove of(VolumeGroup vg, LogicalVolume lv) {
    ImmutableList.Builder<Piece> pieces = ImmutableList.builder();
    boolean atomic = false;
    for (Segment segment : lv.segments()) {
      if (!(segment.type() instanceof SegmentType.Mirror mirror)
          || mirror.extentsMoved() == null
          || mirror.areas().size() != 2) {
        throw unexpected(lv, "segments of type mirror with two legs and extents_moved", segment);
      }
      Area source = mirror.areas().get(0);
      Area destination = mirror.areas().get(1);
      boolean done = mirror.extentsMoved() == segment.extentCount();
      if (source instanceof Area.Physical && destination instanceof Area.Physical) {
        pieces.add(
            new Piece(
                segment.firstExtent(),
                segment.physicalRange(source),
                segment.physicalRange(destination),
                done));
      } else if (source instanceof Area.Logical from
          && destination instanceof Area.Logical to
          && lv.segments().size() == 1
          && from.extent() == 0
          && to.extent() == 0) {
        atomic = true;
        addImagePieces(vg, lv, from, to, done, pieces);
      } else {
        throw unexpected(lv, "two legs on physical volumes, or one segment on two images", segment);
      }
    }
    return new Pvmove(lv.name(), lv.id(), atomic, pieces.build());
  }

  private static void addImagePieces(
      VolumeGroup vg,
      LogicalVolume lv,
      Area.Logical from,
      Area.Logical to,
      boolean done,
      ImmutableList.Builder<Piece> pieces) {
    NavigableMap<Long, Segment> sources = image(vg, lv, from);
    NavigableMap<Long, Segment> destinations = image(vg, lv, to);
    if (end(sources) != end(destinations)) {
      throw new LvmException(
          "%s: expected images of equal length, found %d extents in \"%s\" and %d in \"%s\""
              .formatted(lv.name(), end(sources), from.lv(), end(destinations), to.lv()));
    }
    // LVM2 cuts the images alike, but may have merged the segments of one since.
    NavigableSet<Long> starts = new TreeSet<>(sources.keySet());
    starts.addAll(destinations.keySet());
    for (long first : starts) {
      Long next = starts.higher(first);
      long count = (next == null ? end(sources) : next) - first;
      pieces.add(
          new Piece(first, place(sources, first, count), place(destinations, first, count), done));
    }
  }

  private static long end(NavigableMap<Long, Segment> image) {
    return image.isEmpty() ? 0 : image.lastEntry().getValue().end();
  }

  private static PeRange place(NavigableMap<Long, Segment> image, long first, long count) {
    Map.Entry<Long, Segment> entry = image.floorEntry(first);
    if (entry == null) {
      throw new LvmException("expected an image that begins at extent 0, found none at " + first);
    }
    Segment segment = entry.getValue();
    if (first + count > segment.end()) {
      throw new LvmException(
          "expected an image without gaps, found none of its segments at extent " + segment.end());
    }
    return segment.physicalRange(segment.areas().get(0)).slice(first - entry.getKey(), count);
  }

  private static NavigableMap<Long, Segment> image(
      VolumeGroup vg, LogicalVolume lv, Area.Logical leg) {
    LogicalVolume image =
        vg.logicalVolume(leg.lv())
            .orElseThrow(
                () ->
                    new LvmException(
                        "%s: expected an image named \"%s\", found none"
                            .formatted(lv.name(), leg.lv())));
    if (image.flags().has(StatusFlag.VISIBLE)) {
      throw new LvmException(
          "%s: expected a hidden volume as image, found \"%s\", which is a volume of its own"
              .formatted(lv.name(), image.name()));
    }
    NavigableMap<Long, Segment> segments = new TreeMap<>();
    for (Segment segment : image.segments()) {
      if (!(segment.type() instanceof SegmentType.Striped)
          || segment.areas().size() != 1
          || !(segment.areas().get(0) instanceof Area.Physical)) {
        throw unexpected(image, "linear segments on physical volumes", segment);
      }
      segments.put(segment.firstExtent(), segment);
    }
    return segments;
  }

  private static LvmException unexpected(LogicalVolume lv, String expected, Segment found) {
    return new LvmException(
        "%s: expected %s, found at extent %d: %s"
            .formatted(lv.name(), expected, found.firstExtent(), found.type()));
  }
}
