// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;

/**
 * Logical volumes of all kinds as LVM2 builds them, on runs of extents that a test chooses. What
 * stands on others is added behind them: it finds them by the names that LVM2 gives them.
 */
public final class StackedVolumes {
  private static final StatusFlags HIDDEN = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE);

  /** Of every raid, mirror and pool; small enough for small extents. */
  private static final Sectors REGION = Sectors.of(32);

  private static final Sectors CHUNK = Sectors.of(128);

  private final List<LogicalVolume> lvs = new ArrayList<>();

  /** Adds a visible linear volume. */
  public StackedVolumes linear(String name, PeRange... runs) {
    return add(name, true, linear(runs));
  }

  /** Adds a hidden linear volume, such as a part of a pool or the spare of them all. */
  public StackedVolumes hidden(String name, PeRange... runs) {
    return add(name, false, linear(runs));
  }

  private static List<Segment> linear(PeRange... runs) {
    List<Segment> segments = new ArrayList<>();
    long next = 0;
    for (PeRange run : runs) {
      Area area = new Area.Physical(run.pv(), run.first());
      segments.add(Segment.of(next, run.count(), SegmentType.Striped.linear(area)));
      next += run.count();
    }
    return segments;
  }

  /** Adds a visible volume of one striped segment. */
  public StackedVolumes striped(String name, PeRange... stripes) {
    ImmutableList<Area> areas =
        Arrays.stream(stripes)
            .map(run -> (Area) new Area.Physical(run.pv(), run.first()))
            .collect(ImmutableList.toImmutableList());
    SegmentType type = new SegmentType.Striped(Sectors.of(8), areas);
    return add(name, true, List.of(Segment.of(0, stripes.length * stripes[0].count(), type)));
  }

  /** Adds a mirror with a log: {@code name_mimage_N} and {@code name_mlog}. */
  public StackedVolumes mirror(String name, PeRange log, PeRange... images) {
    ImmutableList.Builder<Area> areas = ImmutableList.builder();
    for (int i = 0; i < images.length; i++) {
      hidden(name + "_mimage_" + i, images[i]);
      areas.add(new Area.Logical(name + "_mimage_" + i, 0));
    }
    hidden(name + "_mlog", log);
    SegmentType type = new SegmentType.Mirror(null, name + "_mlog", REGION, areas.build());
    return add(name, true, List.of(Segment.of(0, images[0].count(), type)));
  }

  /**
   * Adds a raid: {@code name_rmeta_N} on the first extent of each run and {@code name_rimage_N} on
   * the others, as LVM2 does it.
   *
   * @param visible false if it is a part of something
   */
  public StackedVolumes raid(String type, String name, boolean visible, PeRange... images) {
    ImmutableList.Builder<SegmentType.RaidImage> parts = ImmutableList.builder();
    for (int i = 0; i < images.length; i++) {
      hidden(name + "_rimage_" + i, images[i].slice(1, images[i].count() - 1));
      hidden(name + "_rmeta_" + i, images[i].slice(0, 1));
      parts.add(
          new SegmentType.RaidImage(
              name + "_rmeta_" + i, new Area.Logical(name + "_rimage_" + i, 0)));
    }
    boolean mirrored = type.equals("raid1");
    SegmentType.Raid raid =
        new SegmentType.Raid(
            type,
            parts.build(),
            type.equals("raid10") ? 2L : null,
            REGION,
            mirrored ? null : CHUNK,
            null,
            null,
            null,
            null);
    long share = images[0].count() - 1;
    long data = type.equals("raid10") ? images.length / 2 : images.length - raid.parityImages();
    long stripes = mirrored ? 1 : data;
    return add(name, visible, List.of(Segment.of(0, share * stripes, raid)));
  }

  /**
   * Adds a raid1 whose images have checksums: the last extent of each run holds these.
   *
   * @param visible false if it is a part of something
   */
  public StackedVolumes raidWithIntegrity(String name, boolean visible, PeRange... images) {
    raid(
        "raid1",
        name,
        visible,
        Arrays.stream(images).map(run -> run.slice(0, run.count() - 1)).toArray(PeRange[]::new));
    for (int i = 0; i < images.length; i++) {
      String image = name + "_rimage_" + i;
      LogicalVolume plain = named(image);
      hidden(image + "_imeta", images[i].slice(images[i].count() - 1, 1));
      add(image + "_iorig", false, plain.segments());
      SegmentType checked =
          new SegmentType.Integrity(
              image + "_iorig",
              Sectors.of(8),
              "J",
              4,
              512,
              "crc32c",
              image + "_imeta",
              ImmutableList.of());
      lvs.set(
          lvs.indexOf(plain),
          plain.toBuilder().segments(List.of(Segment.of(0, plain.extentCount(), checked))).build());
    }
    return this;
  }

  /** Adds a snapshot of a visible volume. */
  public StackedVolumes snapshot(String name, String origin, PeRange store) {
    hidden(name, store);
    SegmentType type = new SegmentType.Snapshot(Sectors.of(8), origin, name, false);
    return add("snapshot" + lvs.size(), true, List.of(Segment.of(0, size(origin), type)));
  }

  /** Adds a pool of thin volumes on {@code name_tdata} and {@code name_tmeta}. */
  public StackedVolumes thinPool(String name) {
    String data = name + "_tdata";
    SegmentType type =
        new SegmentType.ThinPool(
            name + "_tmeta", data, 1, CHUNK, "passdown", 1L, null, ImmutableList.of());
    return add(name, true, List.of(Segment.of(0, size(data), type)));
  }

  /** Adds a thin volume. */
  public StackedVolumes thin(String name, String pool, long extents) {
    SegmentType type = new SegmentType.Thin(pool, 1, 1, null, null, null);
    return add(name, true, List.of(Segment.of(0, extents, type)));
  }

  /** Adds a cache pool on {@code name_cdata} and {@code name_cmeta}. */
  public StackedVolumes cachePool(String name) {
    String data = name + "_cdata";
    SegmentType type =
        new SegmentType.CachePool(
            data,
            name + "_cmeta",
            new SegmentType.CacheSettings(2L, CHUNK, "writethrough", "smq", null));
    return add(name, false, List.of(flagged(size(data), "METADATA_FORMAT", type)));
  }

  /**
   * Adds a cache of {@code name_corig} in a cache pool.
   *
   * @param visible false if it is a part of something
   */
  public StackedVolumes cache(String name, String pool, boolean visible) {
    String origin = name + "_corig";
    SegmentType type = new SegmentType.Cache(pool, origin, null, null, null);
    return add(name, visible, List.of(Segment.of(0, size(origin), type)));
  }

  /** Adds a writecache of {@code name_wcorig} in {@code fast_cvol}. */
  public StackedVolumes writecache(String name, String fast, PeRange cache) {
    String origin = name + "_wcorig";
    add(fast + "_cvol", HIDDEN.with(StatusFlag.CACHE_VOL), linear(cache));
    SegmentType type = new SegmentType.Writecache(fast + "_cvol", origin, 4096, ImmutableList.of());
    return add(name, true, List.of(Segment.of(0, size(origin), type)));
  }

  private static Segment flagged(long extents, String flag, SegmentType type) {
    return new Segment(
        0, extents, ImmutableList.of(flag), ImmutableList.of(), 0, type, Extras.NONE);
  }

  private StackedVolumes add(String name, boolean visible, List<Segment> segments) {
    return add(name, visible ? HIDDEN.with(StatusFlag.VISIBLE) : HIDDEN, segments);
  }

  private StackedVolumes add(String name, StatusFlags flags, List<Segment> segments) {
    lvs.add(
        LogicalVolume.builder(name, LvmUuid.random(new Random(name.hashCode())))
            .flags(flags)
            .segments(segments)
            .build());
    return this;
  }

  private long size(String name) {
    return named(name).extentCount();
  }

  private LogicalVolume named(String name) {
    @Nullable LogicalVolume found = null;
    for (LogicalVolume lv : lvs) {
      if (lv.name().equals(name)) {
        found = lv;
      }
    }
    if (found == null) {
      throw new IllegalStateException("expected " + name + " to be there already");
    }
    return found;
  }

  /** The volumes in LVM2's order: those that users see first. */
  public ImmutableList<LogicalVolume> build() {
    ImmutableList.Builder<LogicalVolume> ordered = ImmutableList.builder();
    lvs.stream().filter(lv -> lv.flags().has(StatusFlag.VISIBLE)).forEach(ordered::add);
    lvs.stream().filter(lv -> !lv.flags().has(StatusFlag.VISIBLE)).forEach(ordered::add);
    return ordered.build();
  }
}
