// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.edit;

import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
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

  /** All moves under way in the volume group, in the text's order. */
  public static ImmutableList<Pvmove> allOf(VolumeGroup vg) {
    return vg.pvmoveVolumes().stream()
        .map(lv -> of(vg, lv))
        .collect(ImmutableList.toImmutableList());
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
    ImmutableList<Segment> sources = image(vg, lv, from);
    ImmutableList<Segment> destinations = image(vg, lv, to);
    if (sources.size() != destinations.size()) {
      throw new LvmException(
          "%s: expected as many segments in both images, found %d in \"%s\" and %d in \"%s\""
              .formatted(lv.name(), sources.size(), from.lv(), destinations.size(), to.lv()));
    }
    for (int i = 0; i < sources.size(); i++) {
      Segment source = sources.get(i);
      Segment destination = destinations.get(i);
      if (source.firstExtent() != destination.firstExtent()
          || source.extentCount() != destination.extentCount()) {
        throw new LvmException(
            "%s: expected images cut alike, found %d extents at %d in one, %d at %d in the other"
                .formatted(
                    lv.name(),
                    source.extentCount(),
                    source.firstExtent(),
                    destination.extentCount(),
                    destination.firstExtent()));
      }
      pieces.add(
          new Piece(
              source.firstExtent(),
              source.physicalRange(source.areas().get(0)),
              destination.physicalRange(destination.areas().get(0)),
              done));
    }
  }

  private static ImmutableList<Segment> image(VolumeGroup vg, LogicalVolume lv, Area.Logical leg) {
    LogicalVolume image =
        vg.logicalVolume(leg.lv())
            .orElseThrow(
                () ->
                    new LvmException(
                        "%s: expected an image named \"%s\", found none"
                            .formatted(lv.name(), leg.lv())));
    for (Segment segment : image.segments()) {
      if (!(segment.type() instanceof SegmentType.Striped)
          || segment.areas().size() != 1
          || !(segment.areas().get(0) instanceof Area.Physical)) {
        throw unexpected(image, "linear segments on physical volumes", segment);
      }
    }
    return image.segments();
  }

  private static LvmException unexpected(LogicalVolume lv, String expected, Segment found) {
    return new LvmException(
        "%s: expected %s, found at extent %d: %s"
            .formatted(lv.name(), expected, found.firstExtent(), found.type()));
  }
}
