// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * Where the bytes of a volume group are, told from its metadata extent by extent and without the
 * planner: what plans are judged by.
 */
final class Layout {
  private Layout() {}

  /**
   * One extent of one stripe of a volume: the first logical extent of its row, and which stripe.
   */
  record Spot(String lv, long row, int stripe) {}

  /** A physical extent. */
  record Extent(LvmUuid pv, long number) {}

  /** The extents of a run, in order. */
  static ImmutableSet<Extent> extents(PeRange range) {
    ImmutableSet.Builder<Extent> extents = ImmutableSet.builder();
    for (long i = range.first(); i < range.end(); i++) {
      extents.add(new Extent(range.pv(), i));
    }
    return extents.build();
  }

  /**
   * Where the data are of everything that is linear or striped, moves in progress seen through: at
   * the destination if the metadata say that it was copied, else at the source.
   */
  static ImmutableMap<Spot, Extent> data(VolumeGroup vg) {
    ImmutableMap.Builder<Spot, Extent> data = ImmutableMap.builder();
    legs(vg).forEach((spot, legs) -> data.put(spot, legs.data()));
    return data.buildOrThrow();
  }

  /**
   * The extents behind a spot.
   *
   * @param data where its data are
   * @param all the same, and the other leg of a move in progress
   */
  record Legs(Extent data, ImmutableSet<Extent> all) {}

  /** The extents behind every spot of everything that is linear or striped. */
  static Map<Spot, Legs> legs(VolumeGroup vg) {
    Map<Spot, Legs> legs = new LinkedHashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Striped striped && !isImageOfMove(lv.name())) {
          int stripes = striped.areas().size();
          for (int stripe = 0; stripe < stripes; stripe++) {
            for (long i = 0; i < segment.areaLength(); i++) {
              Spot spot = new Spot(lv.name(), segment.firstExtent() + i * stripes, stripe);
              legs.put(spot, resolve(vg, striped.areas().get(stripe).advance(i)));
            }
          }
        }
      }
    }
    return legs;
  }

  /** Whether it is one of the two sides of an atomic move. */
  static boolean isImageOfMove(String lv) {
    return lv.matches("pvmove[0-9]+_mimage_[0-9]+");
  }

  private static Legs resolve(VolumeGroup vg, Area area) {
    if (area instanceof Area.Physical physical) {
      Extent extent = new Extent(physical.pv(), physical.extent());
      return new Legs(extent, ImmutableSet.of(extent));
    }
    Area.Logical logical = (Area.Logical) area;
    for (Segment segment : vg.logicalVolume(logical.lv()).orElseThrow().segments()) {
      if (segment.firstExtent() <= logical.extent() && logical.extent() < segment.end()) {
        long offset = logical.extent() - segment.firstExtent();
        Legs first = resolve(vg, segment.areas().get(0).advance(offset));
        if (segment.type() instanceof SegmentType.Mirror mirror) {
          Legs second = resolve(vg, segment.areas().get(1).advance(offset));
          boolean copied = mirror.extentsMoved() == segment.extentCount();
          return new Legs(
              copied ? second.data() : first.data(),
              ImmutableSet.<Extent>builder().addAll(first.all()).addAll(second.all()).build());
        }
        return first;
      }
    }
    throw new AssertionError(logical.lv() + " has no extent " + logical.extent());
  }

  /** A volume and all that it is made of, moves in progress left out. */
  static Set<String> withParts(VolumeGroup vg, String top) {
    Set<String> all = new LinkedHashSet<>();
    Deque<String> todo = new ArrayDeque<>();
    todo.add(top);
    while (!todo.isEmpty()) {
      String name = todo.remove();
      LogicalVolume lv = vg.logicalVolume(name).orElseThrow();
      if (!lv.isPvmove() && all.add(name)) {
        lv.segments().forEach(segment -> todo.addAll(parts(segment.type())));
      }
    }
    return all;
  }

  private static Set<String> parts(SegmentType type) {
    Set<String> parts = new LinkedHashSet<>();
    for (Area area : type.areas()) {
      if (area instanceof Area.Logical logical) {
        parts.add(logical.lv());
      }
    }
    if (type instanceof SegmentType.Mirror mirror && mirror.log() != null) {
      parts.add(mirror.log());
    } else if (type instanceof SegmentType.Raid raid) {
      raid.images().forEach(image -> parts.addAll(image(image)));
    } else if (type instanceof SegmentType.ThinPool pool) {
      parts.add(pool.data());
      parts.add(pool.metadata());
    } else if (type instanceof SegmentType.Thin thin) {
      parts.add(thin.pool());
    } else if (type instanceof SegmentType.CachePool pool) {
      parts.add(pool.data());
      parts.add(pool.metadata());
    } else if (type instanceof SegmentType.Cache cache) {
      parts.add(cache.cache());
      parts.add(cache.origin());
    } else if (type instanceof SegmentType.Writecache cache) {
      parts.add(cache.cache());
      parts.add(cache.origin());
    } else if (type instanceof SegmentType.Integrity integrity) {
      parts.add(integrity.origin());
      if (integrity.metadataDevice() != null) {
        parts.add(integrity.metadataDevice());
      }
    } else if (type instanceof SegmentType.VdoPool pool) {
      parts.add(pool.data());
    } else if (type instanceof SegmentType.Vdo vdo) {
      parts.add(vdo.pool());
    }
    return parts;
  }

  /** The volumes an image of a raid consists of. */
  static Set<String> image(SegmentType.RaidImage image) {
    Set<String> parts = new LinkedHashSet<>();
    if (image.data() instanceof Area.Logical data) {
      parts.add(data.lv());
    }
    if (image.metadata() != null) {
      parts.add(image.metadata());
    }
    return parts;
  }
}
