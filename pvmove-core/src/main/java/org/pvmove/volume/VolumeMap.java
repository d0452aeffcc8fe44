// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * Where the bytes of a logical volume lie, as one version of the metadata says: what LVM2 tells the
 * kernel's device mapper when it activates the volume. Immutable.
 *
 * <p>A segment of a move has one authoritative place, that of its source until its checkpoint and
 * that of its destination from then on. Mirrors and raid1 have one for each leg.
 */
final class VolumeMap {
  /** Volumes on volumes; LVM2 makes five layers at most. */
  private static final int MAX_DEPTH = 16;

  private final VolumeGroup vg;
  private final LogicalVolume volume;
  private final long byteCount;
  private final @Nullable String readOnly;

  /** The segments of this volume and those below it, by the byte at which they begin. */
  private final Map<String, NavigableMap<Long, Segment>> segments = new HashMap<>();

  private VolumeMap(VolumeGroup vg, LogicalVolume volume, LvGraph graph) {
    this.vg = vg;
    this.volume = volume;
    this.byteCount = vg.extentSize().toBytes(volume.extentCount());
    this.readOnly = readOnly(volume, graph);
    add(volume, 0);
  }

  /** What a range of a volume consists of. */
  enum Kind {
    /** Bytes that lie at places. */
    DATA,
    /** Reads as zeros, and forgets what is written. */
    ZERO,
    /** Can be neither read nor written. */
    ERROR
  }

  /**
   * A byte of a physical volume.
   *
   * @param byteOffset counted from the start of its device
   */
  record Place(LvmUuid pv, long byteOffset) {}

  /**
   * A range of a volume that lies in one piece.
   *
   * @param offset its first byte in the volume
   * @param places where it begins, leg by leg: all hold the same bytes, those of the first one
   *     where they should not
   */
  record Piece(long offset, long byteCount, Kind kind, ImmutableList<Place> places) {
    Piece {
      if (byteCount < 1) {
        throw new IllegalArgumentException("expected a piece of at least one byte");
      }
    }
  }

  /**
   * Maps a volume.
   *
   * @throws LvmException if there is no such volume
   * @throws UnmappableVolumeException if it, or what it stands on, is of a kind that only the
   *     kernel maps
   */
  static VolumeMap of(VolumeGroup vg, String name) {
    LogicalVolume lv =
        vg.logicalVolume(name)
            .orElseThrow(
                () ->
                    new LvmException(
                        "expected logical volume \"%s\" in volume group \"%s\", found none"
                            .formatted(name, vg.name())));
    return of(vg, lv, LvGraph.of(vg));
  }

  /**
   * Maps a volume of a group whose graph is known.
   *
   * @throws UnmappableVolumeException as {@link #of(VolumeGroup, String)}
   */
  static VolumeMap of(VolumeGroup vg, LogicalVolume lv, LvGraph graph) {
    requireVolumeOfItsOwn(lv, graph);
    return new VolumeMap(vg, lv, graph);
  }

  private static void requireVolumeOfItsOwn(LogicalVolume lv, LvGraph graph) {
    for (LvGraph.User user : graph.usersOf(lv.name())) {
      if (user.use() == Reference.Use.SNAPSHOT_COW) {
        throw new UnmappableVolumeException(
            lv.name(), "a snapshot, whose data are those of its origin in part");
      }
      if (user.use() == Reference.Use.SNAPSHOT_ORIGIN
          && user.segment().type() instanceof SegmentType.Snapshot snapshot
          && snapshot.merging()) {
        throw new UnmappableVolumeException(
            lv.name(), "an origin that a snapshot is being merged into");
      }
    }
    if (!lv.flags().has(StatusFlag.VISIBLE)) {
      throw new UnmappableVolumeException(lv.name(), "one that is hidden, as a part of others");
    }
  }

  private static @Nullable String readOnly(LogicalVolume lv, LvGraph graph) {
    if (!lv.flags().has(StatusFlag.WRITE)) {
      return "its permission is read-only";
    }
    for (LvGraph.User user : graph.usersOf(lv.name())) {
      if (user.use() == Reference.Use.SNAPSHOT_ORIGIN) {
        return "it has snapshots, which would change with it";
      }
      if (user.use() == Reference.Use.EXTERNAL_ORIGIN) {
        return "thin volumes have it as origin, which would change with it";
      }
    }
    return null;
  }

  private void add(LogicalVolume lv, int depth) {
    if (segments.containsKey(lv.name())) {
      return;
    }
    if (depth > MAX_DEPTH) {
      throw new UnmappableVolumeException(
          volume.name(), "volumes on volumes more than %d deep".formatted(MAX_DEPTH));
    }
    NavigableMap<Long, Segment> byByte = new TreeMap<>();
    segments.put(lv.name(), byByte);
    for (Segment segment : lv.segments()) {
      byByte.put(vg.extentSize().toBytes(segment.firstExtent()), segment);
      for (Area area : legs(lv, segment)) {
        if (area instanceof Area.Logical on) {
          LogicalVolume below =
              vg.logicalVolume(on.lv())
                  .orElseThrow(
                      () ->
                          new UnmappableVolumeException(
                              volume.name(),
                              "that it stands on \"%s\", which is not there".formatted(on.lv())));
          add(below, depth + 1);
        }
      }
    }
  }

  /** The areas of a segment whose bytes are those of the volume. */
  private ImmutableList<Area> legs(LogicalVolume lv, Segment segment) {
    SegmentType type = segment.type();
    if (type instanceof SegmentType.Striped striped) {
      return striped.areas();
    }
    if (type instanceof SegmentType.Mirror mirror) {
      Long moved = mirror.extentsMoved();
      if (moved == null) {
        return mirror.areas();
      }
      return ImmutableList.of(mirror.areas().get(moved == segment.extentCount() ? 1 : 0));
    }
    if (type instanceof SegmentType.Raid raid && raid.name().equals("raid1")) {
      return raid.areas();
    }
    if (type instanceof SegmentType.ZeroTarget || type instanceof SegmentType.ErrorTarget) {
      return ImmutableList.of();
    }
    throw new UnmappableVolumeException(
        volume.name(),
        "a segment of type %s%s"
            .formatted(
                type.name(), lv.name().equals(volume.name()) ? "" : " in \"" + lv.name() + "\""));
  }

  /** Where a volume, which may be hidden, begins: its first leg. */
  static Place start(VolumeGroup vg, String name) {
    LogicalVolume lv = vg.logicalVolume(name).orElseThrow();
    return new VolumeMap(vg, lv, LvGraph.of(vg)).piece(name, 0, 1).places().get(0);
  }

  /** The volume as the metadata tell it. */
  LogicalVolume volume() {
    return volume;
  }

  /** Size of the volume. */
  long byteCount() {
    return byteCount;
  }

  /** Why it must not be written to; null if it may. */
  @Nullable String readOnly() {
    return readOnly;
  }

  /** The physical volumes it has bytes on. */
  ImmutableSet<LvmUuid> physicalVolumes() {
    ImmutableSet.Builder<LvmUuid> pvs = ImmutableSet.builder();
    for (NavigableMap<Long, Segment> each : segments.values()) {
      for (Segment segment : each.values()) {
        for (Area area : segment.areas()) {
          if (area instanceof Area.Physical on) {
            pvs.add(on.pv());
          }
        }
      }
    }
    return pvs.build();
  }

  /**
   * What a range of the volume consists of, in order and without gaps.
   *
   * @param offset first byte in the volume
   * @param count how many bytes, within the volume
   */
  ImmutableList<Piece> pieces(long offset, long count) {
    ImmutableList.Builder<Piece> pieces = ImmutableList.builder();
    for (long at = offset; at < offset + count; ) {
      Piece piece = piece(volume.name(), at, offset + count - at);
      pieces.add(piece);
      at += piece.byteCount();
    }
    return pieces.build();
  }

  /** The piece that begins at a byte of this volume or one below it. */
  private Piece piece(String lv, long offset, long most) {
    NavigableMap<Long, Segment> all = segments.get(lv);
    Map.Entry<Long, Segment> entry = all == null ? null : all.floorEntry(offset);
    if (entry == null) {
      throw new LvmException(
          "expected a segment at byte %d of logical volume %s, found none".formatted(offset, lv));
    }
    Segment segment = entry.getValue();
    long in = offset - entry.getKey();
    long count = Math.min(most, vg.extentSize().toBytes(segment.extentCount()) - in);
    SegmentType type = segment.type();
    if (type instanceof SegmentType.ZeroTarget) {
      return new Piece(offset, count, Kind.ZERO, ImmutableList.of());
    }
    if (type instanceof SegmentType.ErrorTarget) {
      return new Piece(offset, count, Kind.ERROR, ImmutableList.of());
    }
    if (type instanceof SegmentType.Striped striped
        && striped.areas().size() > 1
        && striped.stripeSize() != null) {
      long chunk = striped.stripeSize().toBytes();
      int stripes = striped.areas().size();
      long number = in / chunk;
      Area area = striped.areas().get((int) (number % stripes));
      long inStripe = number / stripes * chunk + in % chunk;
      return at(offset, leg(area, inStripe, Math.min(count, chunk - in % chunk)));
    }
    return merge(offset, segment, in, count);
  }

  /** The piece of all legs: as long as the shortest of theirs, with the places of all. */
  private Piece merge(long offset, Segment segment, long in, long count) {
    ImmutableList.Builder<Place> places = ImmutableList.builder();
    long shortest = count;
    Kind kind = Kind.DATA;
    for (Area area : legs(volume, segment)) {
      Piece leg = leg(area, in, shortest);
      shortest = leg.byteCount();
      places.addAll(leg.places());
      if (leg.kind() != Kind.DATA) {
        kind = leg.kind();
      }
    }
    return new Piece(
        offset, shortest, kind, kind == Kind.DATA ? places.build() : ImmutableList.of());
  }

  private Piece leg(Area area, long in, long most) {
    if (area instanceof Area.Physical on) {
      Place place = new Place(on.pv(), Math.addExact(vg.byteOffset(on.pv(), on.extent()), in));
      return new Piece(in, most, Kind.DATA, ImmutableList.of(place));
    }
    Area.Logical on = (Area.Logical) area;
    return piece(on.lv(), vg.extentSize().toBytes(on.extent()) + in, most);
  }

  private static Piece at(long offset, Piece piece) {
    return new Piece(offset, piece.byteCount(), piece.kind(), piece.places());
  }
}
