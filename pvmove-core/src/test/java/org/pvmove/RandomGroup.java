// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;

/**
 * A volume group made at random to be planned for: small physical volumes, some of them with tags
 * or not allocatable, crowded with logical volumes of all kinds in many pieces, stacked on each
 * other, some of them under way to another place. LVM2 takes it as its own.
 */
final class RandomGroup {
  /** Most extents that a physical volume gets. */
  static final int MAX_EXTENTS = 60;

  private static final int MIN_EXTENTS = 6;
  private static final int MAX_TRIES = 25;
  private static final int MAX_PIECES = 4;
  private static final long REGION_SECTORS = 4096;
  private static final String SPARE = "lvol0_pmspare";

  private static final StatusFlags HIDDEN = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE);

  static final ImmutableList<String> TAGS = ImmutableList.of("fast", "slow", "rack=1");

  private static final ImmutableList<AllocationPolicy> POLICIES =
      ImmutableList.of(
          AllocationPolicy.NORMAL,
          AllocationPolicy.CONTIGUOUS,
          AllocationPolicy.CLING,
          AllocationPolicy.ANYWHERE);

  /** What a VDO pool needs to be complete, in the text's order. */
  private static final ImmutableList<ConfigNode> VDO_SETTINGS =
      ImmutableList.of(
          setting("use_compression", 1),
          setting("use_deduplication", 1),
          setting("minimum_io_size", 4096),
          setting("block_map_cache_size_mb", 128),
          setting("block_map_era_length", 16_380),
          setting("index_memory_size_mb", 256),
          setting("max_discard", 1),
          setting("slab_size_mb", 2048),
          setting("ack_threads", 1),
          setting("bio_threads", 4),
          setting("bio_rotation", 64),
          setting("cpu_threads", 2),
          setting("hash_zone_threads", 1),
          setting("logical_threads", 1),
          setting("physical_threads", 1));

  /** A raid type with as many images, as many of which are worth data. */
  private record RaidShape(String name, int images, int stripes) {}

  private static final ImmutableList<RaidShape> RAIDS =
      ImmutableList.of(
          new RaidShape("raid0", 2, 2),
          new RaidShape("raid1", 2, 1),
          new RaidShape("raid1", 3, 1),
          new RaidShape("raid5_ls", 3, 2),
          new RaidShape("raid6_zr", 5, 3),
          new RaidShape("raid10", 4, 2));

  /** There is no room for a logical volume; it is left out as a whole. */
  private static final class NoRoomException extends Exception {
    private static final long serialVersionUID = 1;
  }

  private final Random random;
  private final VolumeGroup empty;
  private final List<PhysicalVolume> pvs = new ArrayList<>();
  private final Map<LvmUuid, BitSet> used = new LinkedHashMap<>();
  private final List<LogicalVolume> visible = new ArrayList<>();
  private final List<LogicalVolume> hidden = new ArrayList<>();

  private RandomGroup(VolumeGroup empty, Random random) {
    this.empty = empty;
    this.random = random;
  }

  /**
   * Makes one.
   *
   * @param empty its physical volumes, each with room for {@link #MAX_EXTENTS}
   */
  static VolumeGroup on(VolumeGroup empty, Random random) {
    return new RandomGroup(empty, random).build();
  }

  private boolean plain;

  private VolumeGroup build() {
    empty.physicalVolumes().forEach(pv -> pvs.add(furnished(pv)));
    pvs.forEach(pv -> used.put(pv.id(), new BitSet()));
    long all = pvs.stream().mapToLong(PhysicalVolume::peCount).sum();
    long wanted = all * (10 + random.nextInt(35)) / 100;
    if (random.nextBoolean()) {
      addOrLeaveOut("dust");
    }
    plain = oneIn(4);
    for (int i = 0; i < MAX_TRIES && usedExtents() < wanted; i++) {
      addOrLeaveOut("lv" + i);
    }
    VolumeGroup vg =
        empty.toBuilder()
            .allocationPolicy(oneIn(2) ? null : oneOf(POLICIES))
            .physicalVolumes(pvs)
            .logicalVolumes(
                ImmutableList.<LogicalVolume>builder().addAll(visible).addAll(hidden).build())
            .build();
    while (oneIn(5)) {
      vg = withMove(vg);
    }
    return vg;
  }

  private PhysicalVolume furnished(PhysicalVolume pv) {
    List<String> tags = new ArrayList<>(TAGS);
    tags.removeIf(tag -> !oneIn(3));
    int least = oneIn(4) ? MIN_EXTENTS : MAX_EXTENTS / 2;
    return pv.toBuilder()
        .peCount(least + random.nextInt(MAX_EXTENTS - least + 1))
        .flags(oneIn(12) ? StatusFlags.NONE : StatusFlags.of(StatusFlag.ALLOCATABLE))
        .tags(tags)
        .build();
  }

  private long usedExtents() {
    return used.values().stream().mapToLong(BitSet::cardinality).sum();
  }

  /** True once in so many times. */
  private boolean oneIn(int times) {
    return random.nextInt(times) == 0;
  }

  private <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private LvmUuid uuid() {
    return LvmUuid.random(random);
  }

  private void addOrLeaveOut(String name) {
    Map<LvmUuid, BitSet> usedBefore = new LinkedHashMap<>();
    used.forEach((pv, bits) -> usedBefore.put(pv, (BitSet) bits.clone()));
    int visibleBefore = visible.size();
    int hiddenBefore = hidden.size();
    try {
      add(name);
    } catch (NoRoomException e) {
      used.putAll(usedBefore);
      visible.subList(visibleBefore, visible.size()).clear();
      hidden.subList(hiddenBefore, hidden.size()).clear();
    }
  }

  private void add(String name) throws NoRoomException {
    if (name.equals("dust")) {
      addDust(name);
      return;
    }
    switch (plain ? 11 + random.nextInt(20) : random.nextInt(24)) {
      case 0 -> addThinPool(name);
      case 1 -> addCacheVolume(name);
      case 2 -> addCachePool(name);
      case 3 -> addSnapshot(name);
      case 4 -> addVdo(name);
      case 5 -> addSeldom(name);
      case 6, 7, 8 -> show(name, raid(name, oneOf(RAIDS), false));
      case 9, 10 -> show(name, mirror(name));
      case 11, 12, 13 -> show(name, striped());
      default -> show(name, linear(length(), Set.of()));
    }
  }

  /** What makes LVM2 refuse to move anything off a physical volume that it lies on. */
  private void addSeldom(String name) throws NoRoomException {
    switch (random.nextInt(3)) {
      case 0 -> addWritecache(name);
      case 1 -> addMirrorOnMirror(name);
      default -> show(name, raid(name, RAIDS.get(1), true));
    }
  }

  // Extents.

  private int length() {
    return 1 + random.nextInt(oneIn(3) ? 14 : 6);
  }

  /** A free run on a physical volume that is not to be avoided. */
  private PeRange place(int length, Set<LvmUuid> avoid) throws NoRoomException {
    List<PeRange> places = new ArrayList<>();
    List<PeRange> firsts = new ArrayList<>();
    for (PhysicalVolume pv : pvs) {
      boolean first = true;
      for (int at = 0; at + length <= pv.peCount() && !avoid.contains(pv.id()); at++) {
        int next = used.get(pv.id()).nextSetBit(at);
        if (next < 0 || next >= at + length) {
          PeRange place = new PeRange(pv.id(), at, length);
          places.add(place);
          if (first) {
            firsts.add(place);
          }
          first = false;
        }
      }
    }
    if (places.isEmpty()) {
      throw new NoRoomException();
    }
    PeRange place = oneOf(random.nextBoolean() ? firsts : places);
    used.get(place.pv()).set((int) place.first(), (int) place.end());
    return place;
  }

  private Set<LvmUuid> allBut(LvmUuid pv) {
    Set<LvmUuid> others = new HashSet<>(used.keySet());
    others.remove(pv);
    return others;
  }

  private static Area area(PeRange range) {
    return new Area.Physical(range.pv(), range.first());
  }

  /** Linear segments in a few pieces, mostly on one physical volume. */
  private ImmutableList<Segment> linear(int length, Set<LvmUuid> avoid) throws NoRoomException {
    List<Segment> segments = new ArrayList<>();
    int pieces = random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(MAX_PIECES);
    LvmUuid home = null;
    for (int at = 0, i = 1; at < length; i++) {
      int count = i >= pieces ? length - at : 1 + random.nextInt(length - at);
      PeRange place = place(count, home == null || oneIn(3) ? avoid : allBut(home));
      home = place.pv();
      segments.add(Segment.of(at, count, SegmentType.Striped.linear(area(place))));
      at += count;
    }
    return ImmutableList.copyOf(segments);
  }

  private ImmutableList<Segment> striped() throws NoRoomException {
    int stripes = 2 + random.nextInt(2);
    Sectors stripeSize = Sectors.of(128);
    List<Segment> segments = new ArrayList<>();
    long at = 0;
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int length = 1 + random.nextInt(5);
      Set<LvmUuid> avoid = new HashSet<>();
      boolean apart = !oneIn(6);
      ImmutableList.Builder<Area> areas = ImmutableList.builder();
      for (int stripe = 0; stripe < stripes; stripe++) {
        PeRange place = place(length, apart ? avoid : Set.of());
        avoid.add(place.pv());
        areas.add(area(place));
      }
      segments.add(
          Segment.of(
              at, (long) length * stripes, new SegmentType.Striped(stripeSize, areas.build())));
      at += (long) length * stripes;
    }
    return ImmutableList.copyOf(segments);
  }

  /** What the data of a stack lie on: anything that may be there. */
  private ImmutableList<Segment> data(String name) throws NoRoomException {
    return switch (random.nextInt(6)) {
      case 0 -> striped();
      case 1, 2 -> raid(name, RAIDS.get(1), false);
      case 3 -> raid(name, oneOf(RAIDS.subList(1, RAIDS.size())), false);
      default -> linear(length(), Set.of());
    };
  }

  // Logical volumes.

  /** Short pieces all over the place leave short free areas. */
  private void addDust(String name) throws NoRoomException {
    List<Segment> segments = new ArrayList<>();
    long at = 0;
    for (int i = pvs.size() * (1 + random.nextInt(4)); i > 0; i--) {
      int count = 1 + random.nextInt(2);
      segments.add(Segment.of(at, count, SegmentType.Striped.linear(area(place(count, Set.of())))));
      at += count;
    }
    show(name, ImmutableList.copyOf(segments));
  }

  private void hide(String name, ImmutableList<Segment> segments) {
    hide(name, segments, HIDDEN);
  }

  private void hide(String name, ImmutableList<Segment> segments, StatusFlags flags) {
    hidden.add(LogicalVolume.builder(name, uuid()).flags(flags).segments(segments).build());
  }

  private void show(String name, ImmutableList<Segment> segments) {
    visible.add(LogicalVolume.builder(name, uuid()).segments(segments).build());
  }

  private static ImmutableList<Segment> one(long length, SegmentType type) {
    return ImmutableList.of(Segment.of(0, length, type));
  }

  private static long length(ImmutableList<Segment> segments) {
    return segments.get(segments.size() - 1).end();
  }

  private Sectors region(long extents) {
    return Sectors.of(
        Math.min(REGION_SECTORS, Long.highestOneBit(extents * empty.extentSize().sectors())));
  }

  /** Hidden images of one length, as a rule on different physical volumes. */
  private ImmutableList<Set<LvmUuid>> images(String prefix, int count, int length)
      throws NoRoomException {
    ImmutableList.Builder<Set<LvmUuid>> places = ImmutableList.builder();
    Set<LvmUuid> avoid = new HashSet<>();
    boolean apart = !oneIn(12);
    for (int i = 0; i < count; i++) {
      ImmutableList<Segment> segments = linear(length, apart ? avoid : Set.of());
      Set<LvmUuid> here = new HashSet<>();
      for (Segment segment : segments) {
        here.add(((Area.Physical) segment.areas().get(0)).pv());
      }
      hide(prefix + i, segments);
      places.add(here);
      avoid.addAll(here);
    }
    return places.build();
  }

  private ImmutableList<Segment> raid(String name, RaidShape shape, boolean integrity)
      throws NoRoomException {
    int length = 1 + random.nextInt(6);
    boolean raid0 = shape.name().equals("raid0");
    boolean checksums = integrity && shape.name().equals("raid1");
    String suffix = checksums ? "_iorig" : "";
    int firstImage = hidden.size();
    ImmutableList<Set<LvmUuid>> places = images(name + "_rimage_", shape.images(), length);
    ImmutableList.Builder<SegmentType.RaidImage> parts = ImmutableList.builder();
    for (int i = 0; i < shape.images(); i++) {
      String image = name + "_rimage_" + i;
      String meta = raid0 ? null : name + "_rmeta_" + i;
      if (meta != null) {
        hide(meta, linear(1, allBut(places.get(i).iterator().next())));
      }
      if (checksums) {
        LogicalVolume origin = hidden.get(firstImage + i);
        hidden.set(firstImage + i, origin.toBuilder().name(image + suffix).build());
        hide(image + "_imeta", linear(1, Set.of()));
        hide(image, one(length, integrity(image, length)));
      }
      parts.add(new SegmentType.RaidImage(meta, new Area.Logical(image, 0)));
    }
    long total = (long) length * shape.stripes();
    return one(
        total,
        new SegmentType.Raid(
            shape.name(),
            parts.build(),
            shape.name().equals("raid10") ? 2L : null,
            raid0 ? null : region(total),
            shape.name().equals("raid1") ? null : Sectors.of(128),
            null,
            null,
            null,
            null));
  }

  private SegmentType integrity(String image, int length) {
    return new SegmentType.Integrity(
        image + "_iorig",
        Sectors.of(length * empty.extentSize().sectors()),
        "J",
        4,
        512,
        "crc32c",
        image + "_imeta",
        ImmutableList.of(setting("journal_sectors", 1024)));
  }

  private static ConfigNode setting(String name, long value) {
    return new ConfigNode.Entry(name, new ConfigValue.Int(value));
  }

  private ImmutableList<Segment> mirror(String name) throws NoRoomException {
    int length = 1 + random.nextInt(6);
    int count = 2 + random.nextInt(2);
    images(name + "_mimage_", count, length);
    String log = null;
    if (random.nextBoolean()) {
      log = name + "_mlog";
      hide(log, linear(1, Set.of()));
    }
    ImmutableList.Builder<Area> areas = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      areas.add(new Area.Logical(name + "_mimage_" + i, 0));
    }
    return one(length, new SegmentType.Mirror(null, log, region(length), areas.build()));
  }

  /** A mirror on a mirror: an image is being added to the lower one. */
  private void addMirrorOnMirror(String name) throws NoRoomException {
    int length = 1 + random.nextInt(6);
    images(name + "_mimage_", 3, length);
    String lower = name + "_mimagetmp_2";
    hide(lower, one(length, mirrorOf(length, name + "_mimage_0", name + "_mimage_1")));
    show(name, one(length, mirrorOf(length, lower, name + "_mimage_2")));
  }

  private SegmentType mirrorOf(long length, String one, String other) {
    return new SegmentType.Mirror(
        null,
        null,
        region(length),
        ImmutableList.of(new Area.Logical(one, 0), new Area.Logical(other, 0)));
  }

  private void addThinPool(String name) throws NoRoomException {
    ImmutableList<Segment> data = data(name + "_tdata");
    hide(name + "_tdata", data);
    hide(
        name + "_tmeta",
        oneIn(3) ? raid(name + "_tmeta", RAIDS.get(1), false) : linear(1, Set.of()));
    addSpare();
    int thins = random.nextInt(4);
    show(
        name,
        one(
            length(data),
            new SegmentType.ThinPool(
                name + "_tmeta",
                name + "_tdata",
                thins,
                Sectors.of(128),
                "passdown",
                1L,
                null,
                ImmutableList.of())));
    for (int i = 1; i <= thins; i++) {
      String origin = i > 1 && random.nextBoolean() ? name + "t1" : null;
      show(name + "t" + i, one(40, new SegmentType.Thin(name, i - 1, i, null, origin, null)));
    }
  }

  private void addSpare() throws NoRoomException {
    if (hidden.stream().noneMatch(lv -> lv.name().equals(SPARE))) {
      hide(SPARE, linear(1 + random.nextInt(3), Set.of()));
    }
  }

  private static SegmentType.CacheSettings cacheSettings() {
    return new SegmentType.CacheSettings(
        2L,
        Sectors.of(128),
        "writethrough",
        "smq",
        ImmutableList.of(setting("migration_threshold", 2048)));
  }

  private void addCachePool(String name) throws NoRoomException {
    String pool = name + "_cpool";
    ImmutableList<Segment> origin = data(name + "_corig");
    hide(name + "_corig", origin);
    ImmutableList<Segment> data = data(pool + "_cdata");
    hide(pool + "_cdata", data);
    hide(pool + "_cmeta", linear(1, Set.of()));
    addSpare();
    hide(
        pool,
        flagged(
            length(data),
            "METADATA_FORMAT",
            new SegmentType.CachePool(pool + "_cdata", pool + "_cmeta", cacheSettings())));
    show(name, one(length(origin), new SegmentType.Cache(pool, name + "_corig", null, null, null)));
  }

  private static ImmutableList<Segment> flagged(long length, String flag, SegmentType type) {
    return ImmutableList.of(
        new Segment(0, length, ImmutableList.of(flag), ImmutableList.of(), 0, type, Extras.NONE));
  }

  private void addCacheVolume(String name) throws NoRoomException {
    ImmutableList<Segment> origin = data(name + "_corig");
    hide(name + "_corig", origin);
    hide(name + "_cvol", linear(length(), Set.of()), HIDDEN.with(StatusFlag.CACHE_VOL));
    show(
        name,
        flagged(
            length(origin),
            "CACHE_USES_CACHEVOL",
            new SegmentType.Cache(
                name + "_cvol",
                name + "_corig",
                null,
                cacheSettings(),
                new SegmentType.CacheVolLayout(
                    Sectors.of(0), Sectors.of(64), Sectors.of(64), Sectors.of(64), null, null))));
  }

  private void addWritecache(String name) throws NoRoomException {
    ImmutableList<Segment> origin = data(name + "_wcorig");
    hide(name + "_wcorig", origin);
    hide(name + "_cvol", linear(1, Set.of()), HIDDEN.with(StatusFlag.CACHE_VOL));
    show(
        name,
        one(
            length(origin),
            new SegmentType.Writecache(
                name + "_cvol",
                name + "_wcorig",
                4096,
                ImmutableList.of(setting("high_watermark", 50)))));
  }

  private void addSnapshot(String name) throws NoRoomException {
    ImmutableList<Segment> origin = data(name);
    show(name, origin);
    hide(name + "-cow", linear(length(), Set.of()));
    boolean merging = oneIn(6);
    SegmentType type = new SegmentType.Snapshot(Sectors.of(8), name, name + "-cow", merging);
    String tie = "snapshot" + name.replace("lv", "");
    if (merging) {
      hide(tie, one(length(origin), type));
    } else {
      show(tie, one(length(origin), type));
    }
  }

  private void addVdo(String name) throws NoRoomException {
    String pool = name + "pool";
    ImmutableList<Segment> data = data(pool + "_vdata");
    hide(pool + "_vdata", data);
    hide(
        pool,
        one(
            length(data),
            new SegmentType.VdoPool(pool + "_vdata", Sectors.of(512), 100, VDO_SETTINGS)));
    show(name, one(100, new SegmentType.Vdo(pool, 0)));
  }

  // A move under way.

  private VolumeGroup withMove(VolumeGroup vg) {
    PhysicalVolume source = oneOf(pvs);
    MoveRequest.Builder request =
        MoveRequest.from(source.id().toString()).maxSegmentBytes(Long.MAX_VALUE);
    if (random.nextBoolean()) {
      request.logicalVolume(vg.logicalVolumes().get(0).name());
    }
    boolean atomic = random.nextBoolean();
    Optional<PlanResult.Accepted> plan =
        vg.logicalVolumes().isEmpty()
            ? Optional.empty()
            : Optional.of(Planner.plan(vg, request.atomic(atomic).build()))
                .filter(PlanResult.Accepted.class::isInstance)
                .map(PlanResult.Accepted.class::cast);
    if (plan.isEmpty() || plan.get().plan().joined()) {
      return vg;
    }
    PvmoveEdits.Origin origin = PvmoveEdits.Origin.random(random, "host", 1_700_000_000L);
    VolumeGroup begun = PvmoveEdits.begin(vg, origin, plan.get().plan().moves(), atomic);
    Pvmove move = Pvmove.of(begun, begun.logicalVolume(plan.get().plan().move()).orElseThrow());
    for (int i = 0; i < move.pieces().size() && !atomic && random.nextBoolean(); i++) {
      begun = PvmoveEdits.pieceDone(begun, move, i);
    }
    return begun;
  }
}
