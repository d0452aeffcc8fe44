// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits;

/** Which images of raids and mirrors share a physical volume, looked up the plain way. */
final class Redundancy {
  /** Two images of a volume, by their places in it, that share a physical volume. */
  record Pair(String whole, int one, int other) {}

  /** A part of an image of a volume that came to a physical volume where another image lies. */
  record Meeting(String whole, int image, String part, LvmUuid pv) {}

  /** Where one image lies with all that it is made of, and which part of it where. */
  private record Image(Set<LvmUuid> places, Map<PeRange, String> parts) {}

  private final VolumeGroup vg;

  private Redundancy(VolumeGroup vg) {
    this.vg = vg;
  }

  /**
   * The pairs of images that share a physical volume; while a move is under way they lie on both
   * sides of it.
   */
  static ImmutableSet<Pair> pairs(VolumeGroup vg) {
    ImmutableSet.Builder<Pair> pairs = ImmutableSet.builder();
    new Redundancy(vg)
        .forEachWhole(
            (whole, images) -> {
              for (int one = 0; one < images.size(); one++) {
                for (int other = one + 1; other < images.size(); other++) {
                  if (images.get(one).places().stream()
                      .anyMatch(images.get(other).places()::contains)) {
                    pairs.add(new Pair(whole, one, other));
                  }
                }
              }
            });
    return pairs.build();
  }

  /**
   * The images that moves bring to where another image of the same volume is.
   *
   * @param begun the volume group with the moves begun
   */
  static ImmutableSet<Meeting> meetings(VolumeGroup begun, Iterable<PvmoveEdits.Move> moves) {
    ImmutableSet.Builder<Meeting> meetings = ImmutableSet.builder();
    new Redundancy(begun)
        .forEachWhole(
            (whole, images) -> {
              for (PvmoveEdits.Move move : moves) {
                for (int i = 0; i < images.size(); i++) {
                  String part = images.get(i).parts().get(move.destination());
                  if (part != null && isThere(images, i, move.destination().pv())) {
                    meetings.add(new Meeting(whole, i, part, move.destination().pv()));
                  }
                }
              }
            });
    return meetings.build();
  }

  /** Whether another image than this one is on the physical volume. */
  private static boolean isThere(List<Image> images, int image, LvmUuid pv) {
    for (int i = 0; i < images.size(); i++) {
      if (i != image && images.get(i).places().contains(pv)) {
        return true;
      }
    }
    return false;
  }

  private void forEachWhole(BiConsumer<String, List<Image>> action) {
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        List<Image> images = new ArrayList<>();
        for (Set<String> parts : images(segment.type())) {
          Image image = new Image(new HashSet<>(), new HashMap<>());
          parts.forEach(part -> addPlaces(part, part, 0, Long.MAX_VALUE, image));
          images.add(image);
        }
        action.accept(lv.name(), images);
      }
    }
  }

  private static List<Set<String>> images(SegmentType type) {
    List<Set<String>> images = new ArrayList<>();
    if (type instanceof SegmentType.Raid raid) {
      for (SegmentType.RaidImage image : raid.images()) {
        Set<String> parts = new HashSet<>();
        parts.add(((Area.Logical) image.data()).lv());
        if (image.metadata() != null) {
          parts.add(image.metadata());
        }
        images.add(parts);
      }
    } else if (type instanceof SegmentType.Mirror mirror && !mirror.isPvmove()) {
      for (Reference reference : mirror.references()) {
        if (reference.use() == Reference.Use.IMAGE) {
          images.add(Set.of(reference.lv()));
        }
      }
    }
    return images;
  }

  /** Adds where some extents of a part, or of what it stands on, lie. */
  private void addPlaces(String part, String name, long first, long end, Image image) {
    for (Segment segment : vg.logicalVolume(name).orElseThrow().segments()) {
      if (segment.firstExtent() >= end || segment.end() <= first) {
        continue;
      }
      Set<String> others = new HashSet<>();
      segment.type().references().forEach(reference -> others.add(reference.lv()));
      for (Area area : segment.areas()) {
        if (area instanceof Area.Physical physical) {
          image.places().add(physical.pv());
          image.parts().put(segment.physicalRange(area), part);
        } else if (area instanceof Area.Logical logical) {
          others.remove(logical.lv());
          boolean extentByExtent = segment.areaLength() == segment.extentCount();
          long from = extentByExtent ? Math.max(0, first - segment.firstExtent()) : 0;
          long to =
              extentByExtent
                  ? Math.min(segment.areaLength(), end - segment.firstExtent())
                  : segment.areaLength();
          addPlaces(part, logical.lv(), logical.extent() + from, logical.extent() + to, image);
        }
      }
      others.forEach(other -> addPlaces(part, other, 0, Long.MAX_VALUE, image));
    }
  }
}
