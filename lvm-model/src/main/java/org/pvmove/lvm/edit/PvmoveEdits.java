// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pvmove.lvm.HistoricalLogicalVolume;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;

/**
 * The steps of a move as pure functions from volume group to volume group, in the shapes real LVM2
 * writes and accepts (see pvmove(8)). None of them touches the version number: that is the
 * committer's.
 *
 * <p>At every step the metadata map each logical extent to exactly one authoritative place: the
 * source of a piece until it is done, its destination from then on.
 */
public final class PvmoveEdits {
  /** What LVM2 takes for a number in use, also in the names of images. */
  private static final Pattern NUMBER = Pattern.compile("pvmove([0-9]{1,18})(?![0-9])");

  /**
   * Areas that a segment found in a move may be cut into: whoever began it has cut the segments
   * already, as LVM2 does.
   */
  static final long MAX_FOUND_AREAS = 1 << 16;

  private PvmoveEdits() {}

  /**
   * A run to move.
   *
   * @param source where the data are
   * @param destination where they shall go; as many extents, none of them in use
   */
  public record Move(PeRange source, PeRange destination) {
    public Move {
      if (source.count() != destination.count() || source.overlaps(destination)) {
        throw new IllegalArgumentException(
            "expected two separate runs of equal length, found %s and %s"
                .formatted(source, destination));
      }
    }
  }

  /**
   * Who starts a move and when, for the temporary volumes.
   *
   * @param id identity of the temporary volume
   * @param sourceImageId identity of the image of the sources, in an atomic move
   * @param destinationImageId identity of the image of the destinations, in an atomic move
   * @param host name of the host
   * @param timeSeconds seconds since 1970
   */
  public record Origin(
      LvmUuid id,
      LvmUuid sourceImageId,
      LvmUuid destinationImageId,
      String host,
      long timeSeconds) {
    /** New identities. */
    public static Origin random(RandomGenerator random, String host, long timeSeconds) {
      return new Origin(
          LvmUuid.random(random),
          LvmUuid.random(random),
          LvmUuid.random(random),
          host,
          timeSeconds);
    }
  }

  /** The name of the next move: one above the highest number in use, as LVM2 counts. */
  public static String nextName(VolumeGroup vg) {
    long next = 0;
    for (LogicalVolume lv : vg.logicalVolumes()) {
      next = Math.max(next, numberBehind(lv.name()));
    }
    for (HistoricalLogicalVolume lv : vg.historicalLogicalVolumes()) {
      next = Math.max(next, numberBehind(lv.name()));
    }
    return "pvmove" + next;
  }

  private static long numberBehind(String name) {
    Matcher matcher = NUMBER.matcher(name);
    return matcher.lookingAt() ? Long.parseLong(matcher.group(1)) + 1 : 0;
  }

  /**
   * Begins a move: adds the temporary volume with one mirror segment for each run (for an atomic
   * move one mirror over two images), cuts the volumes that use the sources so that each area is
   * exactly one run, maps these areas onto the temporary volume and locks the volumes.
   *
   * @param vg the volume group; no move under way may have to do with a volume that uses a source
   * @param origin identity, host and time for the temporary volume
   * @param moves the runs, in the order in which they shall be copied; each within one area of one
   *     linear or striped segment
   * @param atomic whether the move takes effect as a whole or not at all
   * @throws LvmException if a source is not used as a whole by one area of an unlocked striped
   *     segment, or a destination is not free
   */
  public static VolumeGroup begin(VolumeGroup vg, Origin origin, List<Move> moves, boolean atomic) {
    return PvmoveBegin.begin(vg, origin, moves, atomic);
  }

  /** Marks a piece as done, see {@link #piecesDone}. */
  public static VolumeGroup pieceDone(VolumeGroup vg, Pvmove move, int piece) {
    return piecesDone(vg, move, List.of(piece));
  }

  /**
   * Marks pieces as done: from the commit of this on their destinations are authoritative. Done
   * again it changes nothing.
   *
   * @param vg the volume group
   * @param move the move, not atomic
   * @param pieces which of its pieces, counted from 0, in any order
   * @throws IndexOutOfBoundsException if it has no such piece
   * @throws LvmException if the volume group has no such move
   */
  public static VolumeGroup piecesDone(VolumeGroup vg, Pvmove move, Iterable<Integer> pieces) {
    LogicalVolume lv = temporaryVolume(vg, move);
    if (move.atomic()) {
      throw new IllegalArgumentException(move.name() + ": pieces of an atomic move end together");
    }
    List<Segment> segments = new ArrayList<>(lv.segments());
    for (int piece : pieces) {
      Segment segment = segments.get(piece);
      if (!(segment.type() instanceof SegmentType.Mirror mirror) || !mirror.isPvmove()) {
        throw new LvmException(
            "%s, segment %d: expected a segment of a move, found type %s"
                .formatted(lv.name(), piece + 1, segment.type().name()));
      }
      segments.set(piece, segment.with(mirror.withExtentsMoved(segment.extentCount())));
    }
    return vg.withLogicalVolumes(List.of(lv.toBuilder().segments(segments).build()));
  }

  /**
   * Ends a move: the volumes that used the temporary volume get the authoritative place of each
   * piece, are merged where pieces continue each other and unlocked, and the temporary volume goes.
   * Ending a plain move whose pieces are not all done gives the rest back to the source: that is
   * LVM2's abort.
   *
   * @param vg the volume group; what it says about the move counts, not an older reading of it
   * @param move the move
   * @param toDestination for an atomic move, whether it ends at the destination; a plain move's
   *     pieces say so themselves
   * @throws LvmException if the volume group has no such move, or it or its users are not of a form
   *     a move has
   */
  public static VolumeGroup end(VolumeGroup vg, Pvmove move, boolean toDestination) {
    return PvmoveEnd.end(vg, temporaryVolume(vg, move), toDestination);
  }

  private static LogicalVolume temporaryVolume(VolumeGroup vg, Pvmove move) {
    LogicalVolume lv =
        vg.logicalVolume(move.name())
            .filter(LogicalVolume::isPvmove)
            .orElseThrow(
                () ->
                    new LvmException(
                        "expected the temporary volume %s in %s, found none"
                            .formatted(move.name(), vg.name())));
    if (!lv.id().equals(move.id())) {
      throw new LvmException(
          "expected %s to be %s, found %s: another move".formatted(lv.name(), move.id(), lv.id()));
    }
    return lv;
  }

  /** The volumes that moves are made of: the images of atomic ones. */
  static Set<String> images(VolumeGroup vg) {
    Set<String> images = new HashSet<>();
    for (LogicalVolume pvmove : vg.pvmoveVolumes()) {
      pvmove.segments().forEach(s -> s.type().references().forEach(i -> images.add(i.lv())));
    }
    return images;
  }

  /** Each cut multiplies the areas: a hostile text could ask for more than there is memory for. */
  static ImmutableList<Segment> cut(
      LogicalVolume lv, Segment segment, NavigableSet<Long> cuts, long maxAreas) {
    if (cuts.isEmpty()) {
      return ImmutableList.of(segment);
    }
    long areas = (cuts.size() + 1L) * segment.areas().size();
    if (areas > maxAreas) {
      throw new LvmException(
          "%s, extent %d: expected at most %d areas after cutting the segment, found %d"
              .formatted(lv.name(), segment.firstExtent(), maxAreas, areas));
    }
    return Segments.cut(segment, cuts);
  }
}
