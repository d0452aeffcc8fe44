// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.io.Closer;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.CommitFailedException;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.LiveVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.volume.VolumeMap.Place;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logical volumes of a volume group while this process uses them, as the kernel does those that
 * are active. A {@link org.pvmove.PvMover} that knows of them ({@code volumes(...)}) moves extents
 * beneath them; all others that use this library leave the volume group alone as long as this is
 * open, as it leaves it alone while others move.
 *
 * <p>LVM2's commands do not see that volumes are in use here. On disks of this system the kernel is
 * kept from activating them; do not let LVM2 change them meanwhile. Thread-safe.
 */
public final class LiveVolumes implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveVolumes.class);

  private final DeviceSet devices;
  private final Traffic traffic;
  private final Closeable held;
  private volatile StoredVolumeGroup group;
  private volatile boolean closed;

  /** How the volumes that are open are mapped; changed only while no request is under way. */
  private final Map<LvmUuid, VolumeMap> maps = new ConcurrentHashMap<>();

  /** Not this itself, which embedders hold and may lock. */
  private final Object exchanging = new Object();

  @GuardedBy("exchanging")
  private long seqno;

  private LiveVolumes(
      DeviceSet devices, StoredVolumeGroup group, UserFirst userFirst, Closeable held) {
    this.devices = devices;
    this.group = group;
    this.seqno = group.volumeGroup().seqno();
    this.held = held;
    this.traffic = new Traffic(this::device, userFirst);
  }

  /**
   * Starts to open the volumes of a group.
   *
   * @param devices the devices that make up the volume group; they must stay open
   * @param volumeGroup its name, or its uuid where several bear the name
   */
  public static Builder builder(DeviceSet devices, String volumeGroup) {
    return new Builder(devices, volumeGroup);
  }

  /**
   * Opens a logical volume. It may be opened several times.
   *
   * @param logicalVolume its name
   * @throws LvmException if there is no such volume
   * @throws UnmappableVolumeException if it is of a kind that only the kernel can map
   * @throws IOException if a raid volume's own metadata cannot be read, or this is closed
   */
  public LogicalVolumeDevice open(String logicalVolume) throws IOException {
    Traffic.Request request = traffic.begin();
    try {
      if (closed) {
        throw closed(group.volumeGroup());
      }
      VolumeGroup vg = group.volumeGroup();
      VolumeMap map = VolumeMap.of(vg, logicalVolume);
      int block = 512;
      for (LvmUuid pv : map.physicalVolumes()) {
        block = Math.max(block, device(pv).logicalBlockSize());
      }
      RaidImages.requireInSync(vg, map.volume(), this::device);
      maps.putIfAbsent(map.volume().id(), map);
      return new LogicalVolumeDevice(
          this, traffic, map, vg.name() + "/" + map.volume().name(), block);
    } finally {
      request.close();
    }
  }

  /** Changes how copying makes way for users, from its next step on. */
  public void userFirst(UserFirst value) {
    traffic.userFirst(checkNotNull(value));
  }

  /** Whether these are the volumes of a group on a set of devices. */
  public boolean isOn(DeviceSet set) {
    return devices == set;
  }

  private BlockDevice device(LvmUuid pv) {
    return group.device(pv).device();
  }

  /** How an open volume is mapped now; to be asked within a request. */
  VolumeMap map(LvmUuid id) throws IOException {
    VolumeMap map = maps.get(id);
    if (map == null) {
      throw new IOException(
          "%s: expected logical volume %s as it was opened, found that others have removed it or made it one that cannot be mapped"
              .formatted(group.volumeGroup().name(), id));
    }
    return map;
  }

  boolean isClosed() {
    return closed;
  }

  /** Waits for the requests under way and ends all use; later requests fail. */
  @Override
  public void close() throws IOException {
    boolean[] first = {false};
    traffic.exchange(
        () -> {
          first[0] = !closed;
          closed = true;
        });
    if (first[0]) {
      traffic.close();
      held.close();
    }
  }

  // ---- what those need who move extents

  /**
   * Checks that nobody uses volumes of a group whom a move would not know of. The volume group must
   * be locked.
   *
   * @param volumes those that the move knows of, if any
   * @throws VolumesInUseException if somebody does
   * @throws IOException if the system does not lock
   */
  public static void requireUnused(StoredVolumeGroup group, @Nullable LiveVolumes volumes)
      throws IOException {
    if (volumes == null) {
      UseLock.requireFree(group);
      return;
    }
    if (volumes.closed) {
      throw closed(group.volumeGroup());
    }
    LvmUuid expected = volumes.group.volumeGroup().id();
    if (!group.volumeGroup().id().equals(expected)) {
      throw new LvmException(
          "expected volume group %s, whose volumes are in use, found %s"
              .formatted(expected, group.volumeGroup().id()));
    }
    volumes.found(group);
  }

  private static IOException closed(VolumeGroup vg) {
    return new IOException(
        "volume group %s: expected its volumes to be open still, found them closed"
            .formatted(vg.name()));
  }

  /** Maps the volumes as a version says that somebody else has committed. */
  private void found(StoredVolumeGroup now) {
    synchronized (exchanging) {
      if (now.volumeGroup().seqno() != seqno) {
        exchange(now, List.of());
      }
    }
  }

  /**
   * Begins the copying of a segment: from now on users write what is copied to both places.
   *
   * @param source where the bytes are
   * @param destination where they go, as many extents
   */
  public CopyGuard copy(PeRange source, PeRange destination) {
    checkArgument(source.count() == destination.count());
    VolumeGroup vg = group.volumeGroup();
    LiveCopy copy =
        new LiveCopy(
            traffic,
            new Place(source.pv(), vg.byteOffset(source.pv(), source.first())),
            new Place(destination.pv(), vg.byteOffset(destination.pv(), destination.first())),
            vg.extentSize().toBytes(source.count()));
    traffic.add(copy);
    return copy;
  }

  /** Ends copies that nobody goes on with: users write to the source only. */
  public void drop(Collection<? extends CopyGuard> copies) {
    for (CopyGuard guard : copies) {
      if (guard instanceof LiveCopy copy && copy.drop()) {
        traffic.remove(copy);
      }
    }
  }

  /**
   * Commits a version of the volume group and maps the volumes as it says. Requests under way end
   * first, those that come meanwhile wait.
   *
   * @param deciding the copies whose destination counts from this version on
   * @throws CopyLostException if a copy is of no use any more; nothing was committed
   * @throws IOException if the commit failed
   */
  public StoredVolumeGroup commit(
      LiveVolumeGroup.Locked locked,
      UnaryOperator<VolumeGroup> edit,
      String description,
      Collection<? extends CopyGuard> deciding)
      throws IOException {
    List<LiveCopy> copies = deciding.stream().map(LiveCopy.class::cast).toList();
    long before = locked.group().volumeGroup().seqno();
    boolean sure = true;
    try {
      for (LiveCopy copy : copies) {
        copy.beginCommit();
      }
      return locked.commit(edit, description);
    } catch (CommitFailedException e) {
      sure = e.oldVersionInForce();
      throw e;
    } finally {
      StoredVolumeGroup now = locked.group();
      boolean taken = now.volumeGroup().seqno() != before;
      for (LiveCopy copy : copies) {
        copy.endCommit(taken, sure);
      }
      if (taken) {
        synchronized (exchanging) {
          exchange(now, copies);
        }
      }
    }
  }

  @GuardedBy("exchanging")
  private void exchange(StoredVolumeGroup now, List<LiveCopy> taken) {
    Map<LvmUuid, VolumeMap> next = new HashMap<>();
    LvGraph graph = LvGraph.of(now.volumeGroup());
    for (LogicalVolume lv : now.volumeGroup().logicalVolumes()) {
      if (maps.containsKey(lv.id())) {
        try {
          next.put(lv.id(), VolumeMap.of(now.volumeGroup(), lv, graph));
        } catch (UnmappableVolumeException e) {
          // A move does not do that. Whoever asks for the volume is told.
          LOG.warn("{}: {}", now.volumeGroup().name(), e.getMessage());
        }
      }
    }
    traffic.exchange(
        () -> {
          group = now;
          taken.forEach(traffic::taken);
          traffic.removeUndecided();
          traffic.retain(now.devices().keySet());
          maps.keySet().retainAll(next.keySet());
          maps.putAll(next);
        });
    seqno = now.volumeGroup().seqno();
  }

  /** Collects what is needed to open the volumes of a group; not thread-safe. */
  public static final class Builder {
    private final DeviceSet devices;
    private final String volumeGroup;
    private VolumeGroupLocks locks;
    private ActiveVolumes activeVolumes = ActiveVolumes.ofSystem();
    private @Nullable String systemId;
    private UserFirst userFirst = UserFirst.USUAL;

    private Builder(DeviceSet devices, String volumeGroup) {
      this.devices = checkNotNull(devices);
      this.volumeGroup = checkNotNull(volumeGroup);
      this.locks = VolumeGroupLocks.usual(devices);
    }

    /** How the volume group is locked while it is opened; by default as a mover does. */
    public Builder locks(VolumeGroupLocks value) {
      locks = checkNotNull(value);
      return this;
    }

    /** Where it is seen which volumes the kernel has active; in this system's sysfs by default. */
    public Builder activeVolumes(ActiveVolumes value) {
      activeVolumes = checkNotNull(value);
      return this;
    }

    /** The LVM2 system id of this host; none by default. */
    public Builder systemId(String value) {
      systemId = checkNotNull(value);
      return this;
    }

    /** How copying makes way for users; by default {@link UserFirst#USUAL}. */
    public Builder userFirst(UserFirst value) {
      userFirst = checkNotNull(value);
      return this;
    }

    /**
     * Opens the volumes of the group.
     *
     * @throws LvmException if there is no such volume group
     * @throws org.pvmove.device.AccessRefusedException if it must not be changed, a device is open
     *     for reading only, or the kernel has a volume of it active
     * @throws VolumesInUseException if somebody else uses its volumes, or moves them
     * @throws IOException if others have it locked, or the system does not lock
     */
    public LiveVolumes open() throws IOException {
      LiveVolumeGroup live =
          new LiveVolumeGroup(
              devices,
              volumeGroup,
              systemId,
              locks,
              description -> MetadataHeader.of(description, "", 0),
              null,
              () -> false);
      Closer held = Closer.create();
      try (LiveVolumeGroup.Locked locked = live.lock()) {
        StoredVolumeGroup group = locked.group();
        group.requireChangeable();
        held.register(UseLock.take(group));
        held.register(live.claimDisks());
        activeVolumes.requireInactive(
            group.volumeGroup(),
            group.volumeGroup().logicalVolumes().stream().map(LogicalVolume::name).toList());
        return new LiveVolumes(devices, group, userFirst, held);
      } catch (Throwable e) {
        held.close();
        throw e;
      }
    }
  }
}
