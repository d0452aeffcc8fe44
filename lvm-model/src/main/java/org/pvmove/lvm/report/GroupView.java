// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.report;

import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSetMultimap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Reference.Use;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * A volume group as reports look at it: what each logical volume is, which are shown as hidden, how
 * they descend from each other and which lack a physical volume.
 */
final class GroupView {
  /** Parts that know the whole they belong to ({@code lv_parent}). */
  private static final ImmutableSet<LvKind> WITH_PARENT =
      ImmutableSet.of(
          LvKind.MIRROR_IMAGE,
          LvKind.MIRROR_LOG,
          LvKind.RAID_IMAGE,
          LvKind.RAID_METADATA,
          LvKind.THIN_POOL_DATA,
          LvKind.THIN_POOL_METADATA,
          LvKind.CACHE_POOL_DATA,
          LvKind.CACHE_POOL_METADATA);

  /** Thin volumes share blocks of their pool; another thin volume is nothing they stand on. */
  private static final ImmutableSet<Use> NOT_STOOD_ON =
      ImmutableSet.of(Use.THIN_ORIGIN, Use.MERGE_TARGET);

  private final VolumeGroup vg;
  private final DeviceNames names;
  private final LvGraph graph;
  private final ImmutableSetMultimap<String, LvKind> kinds;
  private final ExtentMap extents;
  private final Map<String, SegmentType.Snapshot> snapshotsByStore;
  private final Set<String> partial;

  private GroupView(VolumeGroup vg, DeviceNames names, LvGraph graph) {
    this.vg = vg;
    this.names = names;
    this.graph = graph;
    this.kinds = LvKinds.of(vg, graph);
    this.extents = ExtentMap.of(vg);
    this.snapshotsByStore = snapshotsByStore(vg);
    this.partial = findPartial(vg, names, graph);
  }

  static GroupView of(VolumeGroup vg, DeviceNames names) {
    VolumeGroup asRead = Segments.mergedAsRead(vg);
    return new GroupView(asRead, names, LvGraph.of(asRead));
  }

  VolumeGroup vg() {
    return vg;
  }

  String name() {
    return vg.name();
  }

  ExtentMap extents() {
    return extents;
  }

  String deviceName(LvmUuid pv) {
    return names.name(pv);
  }

  static boolean isMissing(PhysicalVolume pv, DeviceNames names) {
    return pv.isMissing() || names.device(pv.id()).isEmpty();
  }

  /** Whether it is at least one of these. */
  boolean is(LogicalVolume lv, LvKind... any) {
    ImmutableSet<LvKind> is = kinds.get(lv.name());
    for (LvKind kind : any) {
      if (is.contains(kind)) {
        return true;
      }
    }
    return false;
  }

  /** The logical volumes that reports list, in the text's order. */
  ImmutableList<LogicalVolume> listed() {
    return vg.logicalVolumes().stream()
        .filter(lv -> !is(lv, LvKind.SNAPSHOT_TIE))
        .collect(toImmutableList());
  }

  /** Whether it is shown without brackets. A snapshot is as visible as its origin. */
  boolean isVisible(LogicalVolume lv) {
    Optional<LogicalVolume> origin = thickOrigin(lv);
    if (origin.isEmpty()) {
      return lv.flags().has(StatusFlag.VISIBLE);
    }
    return is(origin.get(), LvKind.VIRTUAL_ORIGIN)
        || (!is(lv, LvKind.MERGING_SNAPSHOT) && origin.get().flags().has(StatusFlag.VISIBLE));
  }

  /** The name, in brackets if hidden. */
  String displayName(LogicalVolume lv) {
    return isVisible(lv) ? lv.name() : "[" + lv.name() + "]";
  }

  /** The name of what another volume refers to, if it does. */
  @Nullable String displayName(@Nullable String lv) {
    return lv == null ? null : vg.logicalVolume(lv).map(this::displayName).orElse(lv);
  }

  /** Whether it or anything it stands on lacks a physical volume. */
  boolean isPartial(LogicalVolume lv) {
    return partial.contains(lv.name());
  }

  /** The type of its first segment, which tells what it is except for plain volumes. */
  static @Nullable SegmentType type(LogicalVolume lv) {
    return lv.segments().isEmpty() ? null : lv.segments().get(0).type();
  }

  /** The type of the first segment of the named volume, if it is there. */
  @Nullable SegmentType type(String lv) {
    return vg.logicalVolume(lv).map(GroupView::type).orElse(null);
  }

  /** The tie of a store to its origin, if it is one. */
  Optional<SegmentType.Snapshot> snapshotOf(LogicalVolume store) {
    return Optional.ofNullable(snapshotsByStore.get(store.name()));
  }

  private Optional<LogicalVolume> thickOrigin(LogicalVolume lv) {
    return snapshotOf(lv).flatMap(snapshot -> vg.logicalVolume(snapshot.origin()));
  }

  /** The whole that a hidden part belongs to. */
  @Nullable String parent(LogicalVolume lv) {
    if (isVisible(lv)) {
      return null;
    }
    for (LvGraph.User user : graph.usersOf(lv.name())) {
      LvKind part = LvKinds.part(user);
      if (part != null && WITH_PARENT.contains(part)) {
        return user.lv().name();
      }
    }
    return null;
  }

  /** What it is a snapshot of, thick or thin. */
  @Nullable String snapshotOrigin(LogicalVolume lv) {
    Optional<SegmentType.Snapshot> snapshot = snapshotOf(lv);
    if (snapshot.isPresent()) {
      return snapshot.get().origin();
    }
    if (type(lv) instanceof SegmentType.Thin thin) {
      return thin.origin() == null ? thin.externalOrigin() : thin.origin();
    }
    return null;
  }

  /** Whether it reads from another thin volume or from an external origin. */
  boolean isThinSnapshot(LogicalVolume lv) {
    return type(lv) instanceof SegmentType.Thin thin
        && (thin.origin() != null || thin.externalOrigin() != null);
  }

  /** What it is a snapshot of, what that is one of, and so on, as far as there is room. */
  Set<String> ancestors(LogicalVolume lv, NameRoom room) {
    Set<String> ancestors = new LinkedHashSet<>();
    Optional<LogicalVolume> current = Optional.of(lv);
    while (current.isPresent()) {
      String origin = snapshotOrigin(current.get());
      if (origin == null || !room.add(origin, ancestors)) {
        break;
      }
      current = vg.logicalVolume(origin);
    }
    return ancestors;
  }

  /** Its snapshots, each followed by its own, as far as there is room. */
  Set<String> descendants(LogicalVolume lv, NameRoom room) {
    Set<String> descendants = new LinkedHashSet<>();
    Deque<LogicalVolume> todo = new ArrayDeque<>();
    snapshots(lv).reverse().forEach(todo::push);
    while (!todo.isEmpty()) {
      LogicalVolume next = todo.pop();
      if (room.add(next.name(), descendants)) {
        snapshots(next).reverse().forEach(todo::push);
      } else if (room.isUsedUp()) {
        break;
      }
    }
    return descendants;
  }

  /** Its snapshots of one kind: LVM2 follows the thin ones only where there are no thick ones. */
  private ImmutableList<LogicalVolume> snapshots(LogicalVolume lv) {
    return is(lv, LvKind.THICK_ORIGIN) ? thickSnapshots(lv) : thinSnapshots(lv);
  }

  private ImmutableList<LogicalVolume> thickSnapshots(LogicalVolume lv) {
    return graph.usersOf(lv.name()).stream()
        .filter(user -> user.use() == Use.SNAPSHOT_ORIGIN)
        .map(user -> ((SegmentType.Snapshot) user.segment().type()).store())
        .flatMap(store -> vg.logicalVolume(store).stream())
        .collect(toImmutableList());
  }

  private ImmutableList<LogicalVolume> thinSnapshots(LogicalVolume lv) {
    return graph.usersOf(lv.name()).stream()
        .filter(user -> user.use() == Use.THIN_ORIGIN || user.use() == Use.EXTERNAL_ORIGIN)
        .map(LvGraph.User::lv)
        .filter(snapshot -> lv.name().equals(snapshotOrigin(snapshot)))
        .collect(toImmutableList());
  }

  /** Whether it is an image of a raid of this kind. */
  boolean isImageOf(LogicalVolume lv, Predicate<SegmentType> raid) {
    return graph.usersOf(lv.name()).stream()
        .anyMatch(user -> user.use() == Use.IMAGE && raid.test(user.segment().type()));
  }

  /** How many segments use it in this way. */
  long users(LogicalVolume lv, Use use) {
    return graph.usersOf(lv.name()).stream().filter(user -> user.use() == use).count();
  }

  /** Whether new blocks of this thin pool, or of the pool of this thin volume, are zeroed. */
  boolean isZeroing(LogicalVolume lv) {
    SegmentType.ThinPool pool = thinPool(type(lv));
    return pool != null && isZeroing(pool);
  }

  static boolean isZeroing(SegmentType.ThinPool pool) {
    return pool.zeroNewBlocks() != null && pool.zeroNewBlocks() != 0;
  }

  /** The type itself if it is a thin pool, or the pool of a thin volume. */
  SegmentType.@Nullable ThinPool thinPool(@Nullable SegmentType type) {
    SegmentType pool = type instanceof SegmentType.Thin thin ? type(thin.pool()) : type;
    return pool instanceof SegmentType.ThinPool thinPool ? thinPool : null;
  }

  /** The device a move takes its extents from. */
  @Nullable String moveSource(LogicalVolume lv) {
    Set<String> seen = new HashSet<>();
    Optional<LogicalVolume> current = Optional.of(lv).filter(LogicalVolume::isPvmove);
    while (current.isPresent() && seen.add(current.get().name())) {
      SegmentType type = type(current.get());
      if (type == null || type.areas().isEmpty()) {
        break;
      }
      Area source = type.areas().get(0);
      if (source instanceof Area.Physical physical) {
        return deviceName(physical.pv());
      }
      // An atomic move mirrors two volumes; the first one is on the source.
      current = vg.logicalVolume(((Area.Logical) source).lv());
    }
    return null;
  }

  private static Map<String, SegmentType.Snapshot> snapshotsByStore(VolumeGroup vg) {
    Map<String, SegmentType.Snapshot> byStore = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        if (segment.type() instanceof SegmentType.Snapshot snapshot) {
          byStore.putIfAbsent(snapshot.store(), snapshot);
        }
      }
    }
    return byStore;
  }

  private static Set<String> findPartial(VolumeGroup vg, DeviceNames names, LvGraph graph) {
    Set<LvmUuid> missing = new HashSet<>();
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      if (isMissing(pv, names)) {
        missing.add(pv.id());
      }
    }
    Deque<String> todo = new ArrayDeque<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        for (Area area : segment.areas()) {
          if (area instanceof Area.Physical physical && missing.contains(physical.pv())) {
            todo.add(lv.name());
          }
        }
      }
    }
    Set<String> partial = new HashSet<>();
    while (!todo.isEmpty()) {
      String lv = todo.remove();
      if (!partial.add(lv)) {
        continue;
      }
      for (LvGraph.User user : graph.usersOf(lv)) {
        if (user.segment().type() instanceof SegmentType.Snapshot snapshot) {
          // An origin cannot be used without its snapshots, but LVM2 does not say the reverse.
          if (user.use() == Use.SNAPSHOT_COW) {
            todo.add(snapshot.origin());
          }
        } else if (!NOT_STOOD_ON.contains(user.use())) {
          todo.add(user.lv().name());
        }
      }
    }
    return partial;
  }
}
