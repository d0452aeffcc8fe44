// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.testing;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.HistoricalLogicalVolume;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;

/** Builds one volume group as a {@link VolumeGroups.Spec} says, as far as there is room. */
final class VolumeGroupBuilder {
  private static final StatusFlags HIDDEN = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE);

  private static final ConfigNode UNKNOWN_FIELD =
      new ConfigNode.Entry("newer_field", new ConfigValue.Text("a \"b\" \\c"));
  private static final ConfigNode UNKNOWN_SECTION =
      new ConfigNode.Section(
          "newer_section", ImmutableList.of(new ConfigNode.Entry("n", new ConfigValue.Int(-1))));

  /** What a pool needs to be complete, in the text's order. */
  private static final ImmutableMap<String, Long> VDO_SETTINGS =
      ImmutableMap.<String, Long>builder()
          .put("use_compression", 1L)
          .put("use_deduplication", 1L)
          .put("minimum_io_size", 4096L)
          .put("block_map_cache_size_mb", 128L)
          .put("block_map_era_length", 16_380L)
          .put("index_memory_size_mb", 256L)
          .put("max_discard", 1L)
          .put("slab_size_mb", 2048L)
          .put("ack_threads", 1L)
          .put("bio_threads", 4L)
          .put("bio_rotation", 64L)
          .put("cpu_threads", 2L)
          .put("hash_zone_threads", 1L)
          .put("logical_threads", 1L)
          .put("physical_threads", 1L)
          .buildOrThrow();

  private final VolumeGroups.Spec spec;
  private final Random random;
  private final List<PhysicalVolume> pvs = new ArrayList<>();
  private final List<BitSet> used = new ArrayList<>();
  private final List<LogicalVolume> visible = new ArrayList<>();
  private final List<LogicalVolume> hidden = new ArrayList<>();
  private final List<HistoricalLogicalVolume> historical = new ArrayList<>();
  private int snapshots;

  VolumeGroupBuilder(VolumeGroups.Spec spec) {
    this.spec = spec;
    this.random = new Random(spec.salt());
  }

  VolumeGroup build() {
    for (int i = 0; i < spec.pvs().size(); i++) {
      pvs.add(physicalVolume(i, spec.pvs().get(i)));
      used.add(new BitSet());
    }
    for (int i = 0; i < spec.lvs().size(); i++) {
      add(i, spec.lvs().get(i));
    }
    move();
    return VolumeGroup.builder(spec.name(), uuid(), new ExtentSize(spec.extentSize()))
        .seqno(1 + spec.salt())
        .tags(spec.pvs().get(0).tags())
        .allocationPolicy(spec.salt() % 3 == 1 ? AllocationPolicy.CLING : null)
        .physicalVolumes(pvs)
        .logicalVolumes(
            ImmutableList.<LogicalVolume>builder().addAll(visible).addAll(hidden).build())
        .historicalLogicalVolumes(historical)
        .extras(extras("seqno", UNKNOWN_FIELD, UNKNOWN_SECTION))
        .build();
  }

  private Extras extras(String behind, ConfigNode... nodes) {
    return spec.extras()
        ? new Extras(
            ImmutableListMultimap.<String, ConfigNode>builder().putAll(behind, nodes).build())
        : Extras.NONE;
  }

  private LvmUuid uuid() {
    return LvmUuid.random(random);
  }

  private PhysicalVolume physicalVolume(int index, VolumeGroups.PvSpec pv) {
    Sectors start = Sectors.of(index % 2 == 0 ? 2048 : 256);
    long size = start.count() + pv.extents() * spec.extentSize() + pv.spareSectors();
    return PhysicalVolume.builder(
            spec.salt() % 5 == 4 ? "disk " + index : "pv" + index, uuid(), start, pv.extents())
        .device("/dev/" + (spec.salt() % 2 == 0 ? "sd" : "mapper/\"x\\") + index)
        .deviceSize(Sectors.of(size))
        .flags(pv.allocatable() ? StatusFlags.of(StatusFlag.ALLOCATABLE) : StatusFlags.NONE)
        .tags(pv.tags())
        .extras(extras("pe_count", UNKNOWN_SECTION, UNKNOWN_FIELD))
        .build();
  }

  /** A free run of that length on the PV, at a place chosen at random. */
  private Optional<Area.Physical> allocate(int pv, int length) {
    int count = (int) pvs.get(pv).peCount();
    List<Integer> places = new ArrayList<>();
    for (int at = 0; at + length <= count; at++) {
      int next = used.get(pv).nextSetBit(at);
      if (next < 0 || next >= at + length) {
        places.add(at);
      }
    }
    if (places.isEmpty()) {
      return Optional.empty();
    }
    int at = places.get(random.nextInt(places.size()));
    used.get(pv).set(at, at + length);
    return Optional.of(new Area.Physical(pvs.get(pv).id(), at));
  }

  private void release(Area.Physical area, int length) {
    for (int pv = 0; pv < pvs.size(); pv++) {
      if (pvs.get(pv).id().equals(area.pv())) {
        used.get(pv).clear((int) area.extent(), (int) area.extent() + length);
      }
    }
  }

  /** Free runs of that length on as many different PVs; empty if there are none. */
  private ImmutableList<Area> allocateApart(int count, int length) {
    List<Integer> order = shuffledPvs();
    List<Area.Physical> areas = new ArrayList<>();
    for (int pv : order) {
      if (areas.size() < count) {
        allocate(pv, length).ifPresent(areas::add);
      }
    }
    if (areas.size() < count) {
      areas.forEach(area -> release(area, length));
      return ImmutableList.of();
    }
    return ImmutableList.copyOf(areas);
  }

  private List<Integer> shuffledPvs() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < pvs.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    return order;
  }

  /** Striped segments in up to that many pieces; empty if there is no room for the first. */
  private ImmutableList<Segment> striped(int width, int length, int pieces, List<String> tags) {
    ImmutableList.Builder<Segment> segments = ImmutableList.builder();
    int first = 0;
    int left = length;
    for (int i = 0; i < pieces && left > 0; i++) {
      int share = i == pieces - 1 ? left : 1 + random.nextInt(left);
      ImmutableList<Area> areas = allocateApart(width, share);
      if (areas.isEmpty()) {
        break;
      }
      Sectors stripeSize = width == 1 ? null : Sectors.of(random.nextBoolean() ? 128 : 16);
      segments.add(
          new Segment(
              first,
              (long) share * width,
              ImmutableList.of(),
              ImmutableList.copyOf(tags),
              0,
              new SegmentType.Striped(stripeSize, areas),
              Extras.NONE));
      first += share * width;
      left -= share;
    }
    return segments.build();
  }

  private boolean hide(String name, ImmutableList<Segment> segments, StatusFlags flags) {
    if (segments.isEmpty()) {
      return false;
    }
    hidden.add(LogicalVolume.builder(name, uuid()).flags(flags).segments(segments).build());
    return true;
  }

  /** Adds hidden one-piece volumes of the same length on different PVs, or none of them. */
  private boolean hideApart(List<String> names, int length) {
    ImmutableList<Area> areas = allocateApart(names.size(), length);
    for (int i = 0; i < areas.size(); i++) {
      Segment segment = Segment.of(0, length, SegmentType.Striped.linear(areas.get(i)));
      hide(names.get(i), ImmutableList.of(segment), HIDDEN);
    }
    return !areas.isEmpty();
  }

  private void show(VolumeGroups.LvSpec lv, String name, ImmutableList<Segment> segments) {
    if (segments.isEmpty()) {
      return;
    }
    visible.add(decorated(lv, LogicalVolume.builder(name, uuid()).segments(segments)).build());
  }

  private LogicalVolume.Builder decorated(VolumeGroups.LvSpec lv, LogicalVolume.Builder builder) {
    List<StatusFlag> flags = new ArrayList<>(List.of(StatusFlag.READ, StatusFlag.VISIBLE));
    if ((lv.flags() & 1) == 0) {
      flags.add(StatusFlag.WRITE);
    }
    if ((lv.flags() & 2) != 0) {
      flags.add(StatusFlag.ACTIVATION_SKIP);
    }
    if ((lv.flags() & 4) != 0) {
      flags.add(StatusFlag.FIXED_MINOR);
      builder.major(253L).minor(7L);
    }
    if ((lv.flags() & 8) != 0) {
      builder.creationTime(1_700_000_000L + lv.length()).creationHost("host");
    }
    if ((lv.flags() & 16) != 0) {
      builder.allocationPolicy(AllocationPolicy.CONTIGUOUS).readAhead(-1L);
    }
    if ((lv.flags() & 32) != 0) {
      builder.profile("thin-performance").readAhead(256L);
    }
    return builder
        .flags(StatusFlags.of(flags.toArray(new StatusFlag[0])))
        .tags(lv.tags())
        .extras(extras("segment_count", UNKNOWN_FIELD));
  }

  private Sectors region(long extents) {
    return Sectors.of(Math.min(4096, Long.highestOneBit(extents * spec.extentSize())));
  }

  private static List<String> numbered(String prefix, int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(prefix + i);
    }
    return names;
  }

  private static ImmutableList<Area> whole(List<String> names) {
    return names.stream()
        .map(name -> (Area) new Area.Logical(name, 0))
        .collect(ImmutableList.toImmutableList());
  }

  private void add(int index, VolumeGroups.LvSpec lv) {
    String name = lv.name() + index;
    int length = lv.length();
    switch (lv.kind()) {
      case LINEAR -> show(lv, name, striped(1, length, lv.pieces(), lv.tags()));
      case STRIPED -> show(lv, name, striped(lv.width(), length, lv.pieces(), List.of()));
      case MIRROR -> addMirror(lv, name, false);
      case MIRROR_WITH_LOG -> addMirror(lv, name, true);
      case RAID0 -> show(lv, name, raid(lv, name, "raid0", lv.width(), lv.width()));
      case RAID1 -> show(lv, name, raid(lv, name, "raid1", lv.width(), 1));
      case RAID5 -> show(lv, name, raid(lv, name, "raid5_ls", 3, 2));
      case RAID6 -> show(lv, name, raid(lv, name, "raid6_zr", 5, 3));
      case RAID10 -> show(lv, name, raid(lv, name, "raid10", 4, 2));
      case RAID1_WITH_INTEGRITY -> addRaidWithIntegrity(lv, name);
      case SNAPSHOT -> addSnapshot(lv, name);
      case THIN -> addThin(lv, name, false);
      case THIN_ON_RAID1 -> addThin(lv, name, true);
      case CACHE_VOLUME -> addCacheVolume(lv, name);
      case CACHE_POOL -> addCachePool(lv, name);
      case WRITECACHE -> addWritecache(lv, name);
      case VDO -> addVdo(lv, name);
      case ZERO -> show(lv, name, one(length, new SegmentType.ZeroTarget()));
      case ERROR -> show(lv, name, one(length, new SegmentType.ErrorTarget()));
    }
  }

  private static ImmutableList<Segment> one(long length, SegmentType type) {
    return ImmutableList.of(Segment.of(0, length, type));
  }

  private void addMirror(VolumeGroups.LvSpec lv, String name, boolean wantsLog) {
    List<String> images = numbered(name + "_mimage_", lv.width());
    if (!hideApart(images, lv.length())) {
      return;
    }
    String log = name + "_mlog";
    boolean logged = wantsLog && hide(log, striped(1, 1, 1, List.of()), HIDDEN);
    show(
        lv,
        name,
        one(
            lv.length(),
            new SegmentType.Mirror(null, logged ? log : null, region(lv.length()), whole(images))));
  }

  /**
   * A raid segment on hidden images, each as long as the volume is to be; empty if there is no
   * room.
   *
   * @param stripes how many images' worth of data there are
   */
  private ImmutableList<Segment> raid(
      VolumeGroups.LvSpec lv, String name, String type, int count, int stripes) {
    List<String> images = numbered(name + "_rimage_", count);
    List<String> metas = numbered(name + "_rmeta_", count);
    boolean raid0 = type.equals("raid0");
    int hiddenBefore = hidden.size();
    if (!hideApart(images, lv.length())) {
      return ImmutableList.of();
    }
    if (!raid0 && !hideApart(metas, 1)) {
      // Without room for the metadata the images would be left over.
      unhide(hiddenBefore);
      return ImmutableList.of();
    }
    ImmutableList.Builder<SegmentType.RaidImage> parts = ImmutableList.builder();
    for (int i = 0; i < count; i++) {
      parts.add(
          new SegmentType.RaidImage(
              raid0 ? null : metas.get(i), new Area.Logical(images.get(i), 0)));
    }
    boolean raid1 = type.equals("raid1");
    int length = lv.length() * stripes;
    return one(
        length,
        new SegmentType.Raid(
            type,
            parts.build(),
            type.equals("raid10") ? 2L : null,
            raid0 ? null : region(length),
            raid1 ? null : Sectors.of(128),
            raid1 && lv.pieces() == 2 ? 512L : null,
            raid1 && lv.pieces() == 3 ? 64L : null,
            null,
            null));
  }

  /** Takes back the hidden volumes added since there were so many. */
  private void unhide(int before) {
    List<LogicalVolume> left = hidden.subList(before, hidden.size());
    for (LogicalVolume lv : left) {
      lv.segments().forEach(this::release);
    }
    left.clear();
  }

  /** Each image of the raid stands on data and their checksums. */
  private void addRaidWithIntegrity(VolumeGroups.LvSpec lv, String name) {
    int before = hidden.size();
    ImmutableList<Segment> raid = raid(lv, name, "raid1", lv.width(), 1);
    List<String> checksums = numbered(name + "_rimage_", lv.width());
    checksums.replaceAll(image -> image + "_imeta");
    if (raid.isEmpty() || !hideApart(checksums, 1)) {
      unhide(before);
      return;
    }
    for (int i = before; i < before + lv.width(); i++) {
      LogicalVolume image = hidden.get(i);
      String origin = image.name() + "_iorig";
      hide(origin, image.segments(), HIDDEN);
      hidden.set(
          i,
          image.toBuilder()
              .segments(
                  one(
                      lv.length(),
                      new SegmentType.Integrity(
                          origin,
                          Sectors.of(lv.length() * spec.extentSize()),
                          "J",
                          4,
                          512,
                          "crc32c",
                          image.name() + "_imeta",
                          ImmutableList.of(
                              new ConfigNode.Entry("journal_sectors", new ConfigValue.Int(1024))))))
              .build());
    }
    show(lv, name, raid);
  }

  private void addSnapshot(VolumeGroups.LvSpec lv, String name) {
    ImmutableList<Segment> origin = striped(1, lv.length(), lv.pieces(), List.of());
    if (origin.isEmpty()) {
      return;
    }
    show(lv, name, origin);
    String cow = name + "-cow";
    if (hide(cow, striped(1, 1, 1, List.of()), HIDDEN)) {
      long length = visible.get(visible.size() - 1).extentCount();
      visible.add(
          LogicalVolume.builder("snapshot" + snapshots++, uuid())
              .segments(one(length, new SegmentType.Snapshot(Sectors.of(8), name, cow, false)))
              .build());
    }
  }

  /** A pool and thin volumes in it. */
  private void addThin(VolumeGroups.LvSpec lv, String name, boolean onRaid) {
    int before = hidden.size();
    ImmutableList<Segment> data =
        onRaid
            ? raid(lv, name + "_tdata", "raid1", lv.width(), 1)
            : striped(1, lv.length(), lv.pieces(), List.of());
    if (!hide(name + "_tdata", data, HIDDEN)
        || !hide(name + "_tmeta", striped(1, 1, 1, List.of()), HIDDEN)) {
      unhide(before);
      return;
    }
    long length = data.get(data.size() - 1).end();
    show(
        lv,
        name,
        one(
            length,
            new SegmentType.ThinPool(
                name + "_tmeta",
                name + "_tdata",
                3,
                Sectors.of(128),
                lv.width() == 2 ? "passdown" : null,
                1L,
                null,
                lv.width() == 3
                    ? ImmutableList.of(new SegmentType.ThinMessage(name + "t1", null))
                    : ImmutableList.of())));
    String origin = null;
    for (int i = 1; i <= lv.pieces(); i++) {
      String thin = name + "t" + i;
      visible.add(
          LogicalVolume.builder(thin, uuid())
              .segments(one(100, new SegmentType.Thin(name, i, i, null, origin, null)))
              .build());
      origin = i == 1 ? thin : origin;
    }
    if (lv.pieces() > 1) {
      historical.add(
          HistoricalLogicalVolume.builder(name + "gone", uuid())
              .removalTime(1_700_000_001L)
              .origin(name + "t1")
              .descendants(List.of(name + "t2"))
              .build());
    }
  }

  /** Hides a linear volume of the wanted length and others of one extent each, or none. */
  private boolean hideWith(
      VolumeGroups.LvSpec lv, String name, List<String> small, StatusFlags smallFlags) {
    int before = hidden.size();
    boolean fits = hide(name, striped(1, lv.length(), lv.pieces(), List.of()), HIDDEN);
    for (String other : small) {
      fits = fits && hide(other, striped(1, 1, 1, List.of()), smallFlags);
    }
    if (!fits) {
      unhide(before);
    }
    return fits;
  }

  private long length(String name) {
    return hidden.stream()
        .filter(lv -> lv.name().equals(name))
        .mapToLong(LogicalVolume::extentCount)
        .findFirst()
        .orElseThrow();
  }

  private void addCachePool(VolumeGroups.LvSpec lv, String name) {
    String origin = name + "_corig";
    String pool = name + "_cpool";
    List<String> parts = List.of(pool + "_cdata", pool + "_cmeta");
    if (!hideWith(lv, origin, parts, HIDDEN)) {
      return;
    }
    SegmentType.CacheSettings settings =
        new SegmentType.CacheSettings(
            2L,
            Sectors.of(128),
            "writeback",
            "smq",
            ImmutableList.of(
                new ConfigNode.Entry("migration_threshold", new ConfigValue.Int(4096))));
    Segment segment =
        new Segment(
            0,
            1,
            ImmutableList.of("METADATA_FORMAT"),
            ImmutableList.of(),
            0,
            new SegmentType.CachePool(parts.get(0), parts.get(1), settings),
            Extras.NONE);
    hide(pool, ImmutableList.of(segment), HIDDEN);
    show(lv, name, one(length(origin), new SegmentType.Cache(pool, origin, null, null, null)));
  }

  private void addWritecache(VolumeGroups.LvSpec lv, String name) {
    String origin = name + "_wcorig";
    String fast = name + "_cvol";
    if (!hideWith(lv, origin, List.of(fast), HIDDEN.with(StatusFlag.CACHE_VOL))) {
      return;
    }
    ImmutableList<ConfigNode> settings =
        ImmutableList.of(new ConfigNode.Entry("high_watermark", new ConfigValue.Int(50)));
    show(lv, name, one(length(origin), new SegmentType.Writecache(fast, origin, 4096, settings)));
  }

  private void addVdo(VolumeGroups.LvSpec lv, String name) {
    String pool = name + "pool";
    String data = pool + "_vdata";
    if (!hideWith(lv, data, List.of(), HIDDEN)) {
      return;
    }
    ImmutableList.Builder<ConfigNode> settings = ImmutableList.builder();
    VDO_SETTINGS.forEach(
        (key, value) -> settings.add(new ConfigNode.Entry(key, new ConfigValue.Int(value))));
    hide(
        pool,
        one(length(data), new SegmentType.VdoPool(data, Sectors.of(512), 100, settings.build())),
        HIDDEN);
    show(lv, name, one(100, new SegmentType.Vdo(pool, 0)));
  }

  private void addCacheVolume(VolumeGroups.LvSpec lv, String name) {
    ImmutableList<Segment> origin = striped(1, lv.length(), lv.pieces(), List.of());
    ImmutableList<Segment> fast = striped(1, 1, 1, List.of());
    if (origin.isEmpty() || fast.isEmpty()) {
      release(origin);
      release(fast);
      return;
    }
    hide(name + "_corig", origin, HIDDEN);
    hide(name + "_cvol", fast, HIDDEN.with(StatusFlag.CACHE_VOL));
    SegmentType.Cache cache =
        new SegmentType.Cache(
            name + "_cvol",
            name + "_corig",
            null,
            new SegmentType.CacheSettings(
                2L, Sectors.of(64), "writethrough", "smq", ImmutableList.of()),
            new SegmentType.CacheVolLayout(
                Sectors.of(0), Sectors.of(64), Sectors.of(64), Sectors.of(64), null, null));
    Segment segment =
        new Segment(
            0,
            origin.get(origin.size() - 1).end(),
            ImmutableList.of("CACHE_USES_CACHEVOL"),
            ImmutableList.of(),
            0,
            cache,
            Extras.NONE);
    show(lv, name, ImmutableList.of(segment));
  }

  private void release(List<Segment> segments) {
    segments.forEach(this::release);
  }

  /** Of what stands on other volumes these are not released. */
  private void release(Segment segment) {
    for (Area area : segment.areas()) {
      if (area instanceof Area.Physical physical) {
        release(physical, (int) segment.areaLength());
      }
    }
  }

  /** Maps what lies on one PV onto a move's volume, as far as there is room to move it to. */
  private void move() {
    if (spec.move() == VolumeGroups.Move.NONE) {
      return;
    }
    List<Segment> pieces = new ArrayList<>();
    List<Area> sources = new ArrayList<>();
    List<Area> destinations = new ArrayList<>();
    long[] next = {0};
    for (int i = 0; i < pvs.size() && pieces.isEmpty(); i++) {
      LvmUuid from = pvs.get((spec.moveFrom() + i) % pvs.size()).id();
      for (List<LogicalVolume> lvs : List.of(visible, hidden)) {
        lvs.replaceAll(lv -> redirect(lv, from, next, pieces, sources, destinations));
      }
    }
    if (pieces.isEmpty()) {
      return;
    }
    LogicalVolume.Builder pvmove =
        LogicalVolume.builder("pvmove0", uuid())
            .flags(HIDDEN.with(StatusFlag.PVMOVE).with(StatusFlag.LOCKED))
            .allocationPolicy(AllocationPolicy.CONTIGUOUS);
    Sectors region = region(next[0]);
    if (spec.move() == VolumeGroups.Move.ATOMIC) {
      List<String> images = numbered("pvmove0_mimage_", 2);
      hidden.add(
          pvmove
              .segments(one(next[0], new SegmentType.Mirror(0L, null, region, whole(images))))
              .build());
      hide(images.get(0), on(pieces, sources), HIDDEN);
      hide(images.get(1), on(pieces, destinations), HIDDEN);
      return;
    }
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      Segment piece = pieces.get(i);
      boolean moved = (spec.movedMask() >> (i % 8) & 1) == 1;
      segments.add(
          piece.with(
              new SegmentType.Mirror(
                  moved ? piece.extentCount() : 0,
                  null,
                  region,
                  ImmutableList.of(sources.get(i), destinations.get(i)))));
    }
    hidden.add(pvmove.segments(segments).build());
  }

  private static ImmutableList<Segment> on(List<Segment> pieces, List<Area> areas) {
    ImmutableList.Builder<Segment> segments = ImmutableList.builder();
    for (int i = 0; i < pieces.size(); i++) {
      segments.add(pieces.get(i).with(SegmentType.Striped.linear(areas.get(i))));
    }
    return segments.build();
  }

  private LogicalVolume redirect(
      LogicalVolume lv,
      LvmUuid from,
      long[] next,
      List<Segment> pieces,
      List<Area> sources,
      List<Area> destinations) {
    List<Segment> segments = new ArrayList<>();
    boolean changed = false;
    for (Segment segment : lv.segments()) {
      if (!(segment.type() instanceof SegmentType.Striped)) {
        segments.add(segment);
        continue;
      }
      Set<LvmUuid> avoid = new HashSet<>();
      for (Area area : segment.areas()) {
        avoid.add(((Area.Physical) area).pv());
      }
      ImmutableList.Builder<Area> areas = ImmutableList.builder();
      for (Area area : segment.areas()) {
        int length = (int) segment.areaLength();
        Optional<Area.Physical> destination =
            ((Area.Physical) area).pv().equals(from)
                ? allocateOutside(avoid, length)
                : Optional.empty();
        if (destination.isPresent()) {
          areas.add(new Area.Logical("pvmove0", next[0]));
          pieces.add(Segment.of(next[0], length, new SegmentType.ErrorTarget()));
          sources.add(area);
          destinations.add(destination.get());
          next[0] += length;
          changed = true;
        } else {
          areas.add(area);
        }
      }
      segments.add(segment.with(segment.type().withAreas(areas.build())));
    }
    return changed
        ? lv.toBuilder().segments(segments).flags(lv.flags().with(StatusFlag.LOCKED)).build()
        : lv;
  }

  private Optional<Area.Physical> allocateOutside(Set<LvmUuid> avoid, int length) {
    for (int pv : shuffledPvs()) {
      if (!avoid.contains(pvs.get(pv).id())) {
        Optional<Area.Physical> area = allocate(pv, length);
        if (area.isPresent()) {
          return area;
        }
      }
    }
    return Optional.empty();
  }
}
