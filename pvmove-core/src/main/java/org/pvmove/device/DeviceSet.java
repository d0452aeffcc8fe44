// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.io.Closer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.DeviceInUseException;
import org.pvmove.io.DiskClaim;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices that make up one or more volume groups: image files, block devices, or anything else
 * that is a {@link BlockDevice}. Reads what they hold and commits new versions of a volume group.
 *
 * <p>Each call is complete in itself: {@link #scan()} reads the devices anew, {@link #commit}
 * checks that they still hold what the scan found. Calls may come from several threads; whoever
 * changes a volume group that others may change too does so through a {@link LiveVolumeGroup}.
 */
public final class DeviceSet implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceSet.class);

  private final ImmutableList<BlockDevice> devices;

  /** Those of the devices that are disks of this system and not files. */
  private final ImmutableList<Path> disks;

  private DeviceSet(ImmutableList<BlockDevice> devices, ImmutableList<Path> disks) {
    Set<String> names = new HashSet<>();
    for (BlockDevice device : devices) {
      if (!names.add(device.name())) {
        throw new IllegalArgumentException(
            "expected every device once, found \"" + device.name() + "\" again");
      }
    }
    this.devices = devices;
    this.disks = disks;
  }

  /**
   * Opens image files or block devices for reading and writing. A device is given up at its first
   * flush that fails, as {@link BlockDevices#failStop} says.
   *
   * @throws IOException if one of them cannot be opened; none stays open
   */
  public static DeviceSet open(Path... paths) throws IOException {
    return open(Access.READ_WRITE, ImmutableList.copyOf(paths));
  }

  /**
   * Opens image files or block devices.
   *
   * @throws IOException if one of them cannot be opened; none stays open
   */
  public static DeviceSet open(Access access, List<Path> paths) throws IOException {
    List<BlockDevice> opened = new ArrayList<>();
    try {
      for (Path path : paths) {
        opened.add(BlockDevices.failStop(BlockDevices.open(path, access)));
      }
      ImmutableList.Builder<Path> disks = ImmutableList.builder();
      for (Path path : paths) {
        if (DiskClaim.isBlockDevice(path)) {
          disks.add(path);
        }
      }
      return new DeviceSet(ImmutableList.copyOf(opened), disks.build());
    } catch (IOException | RuntimeException e) {
      for (BlockDevice device : opened) {
        try {
          device.close();
        } catch (IOException close) {
          e.addSuppressed(close);
        }
      }
      throw e;
    }
  }

  /**
   * A set of devices that are open already; closing the set closes them.
   *
   * <p>A device is given up by the set at its first flush that fails, as {@link
   * BlockDevices#failStop} says: what was lost is not known then. To go on with the same devices,
   * make a set anew once they are known to hold what was written to them.
   */
  public static DeviceSet of(BlockDevice... devices) {
    return new DeviceSet(
        Arrays.stream(devices).map(BlockDevices::failStop).collect(ImmutableList.toImmutableList()),
        ImmutableList.of());
  }

  /** The devices in the order in which they were given; it is the order of scanning. */
  public ImmutableList<BlockDevice> devices() {
    return devices;
  }

  /** Whether there are disks of this system among the devices, which LVM2 may look at too. */
  public boolean hasDisks() {
    return !disks.isEmpty();
  }

  /**
   * Claims the disks of this system among the devices, so that the kernel maps no volume onto them
   * ({@link DiskClaim}). A disk that something else has in use already, such as another volume on
   * it or another mover, is left as it is.
   *
   * @return the claims, to be closed
   */
  Closeable claimDisks() throws IOException {
    Closer claims = Closer.create();
    for (Path disk : DiskClaim.available() ? disks : ImmutableList.<Path>of()) {
      try {
        claims.register(DiskClaim.on(disk));
      } catch (DeviceInUseException e) {
        LOG.info("not claimed: {}", e.getMessage());
      } catch (Throwable e) {
        claims.close();
        throw e;
      }
    }
    return claims;
  }

  /** Reads all devices, as a host without an LVM2 system id. */
  public DeviceScan scan() {
    return scan(null);
  }

  /**
   * Reads all devices. What cannot be read or is damaged is described in the result, device by
   * device.
   *
   * @param systemId this host's LVM2 system id; volume groups of other hosts must not be changed
   */
  public DeviceScan scan(@Nullable String systemId) {
    return new Scanner(systemId).scan(devices);
  }

  /**
   * A volume group as it lies on the devices now. Reads again only what tells whether it has
   * changed, and everything if it has.
   *
   * @param known the volume group as found earlier
   * @param systemId this host's LVM2 system id
   * @throws VolumeGroupChangedException if it is not there any more
   */
  StoredVolumeGroup refresh(StoredVolumeGroup known, @Nullable String systemId) {
    if (known.devices().values().stream().allMatch(DeviceReader::isUnchanged)) {
      return known;
    }
    for (StoredVolumeGroup found : scan(systemId).volumeGroups()) {
      if (found.volumeGroup().id().equals(known.volumeGroup().id())) {
        return found;
      }
    }
    throw new VolumeGroupChangedException(
        "expected volume group %s on its devices, found it gone"
            .formatted(known.volumeGroup().name()));
  }

  /**
   * Commits a new version of a volume group: checks it, then puts it into all its metadata areas.
   * When this returns, the new version is durable.
   *
   * @param base the version found by a scan or made by an earlier commit, that {@code next} was
   *     made from
   * @param next the new version of the same volume group, with the same physical volumes; its
   *     {@code seqno} is replaced by that of {@code base} plus one
   * @param header who writes it
   * @return the new version as it lies on the devices now
   * @throws AccessRefusedException if the volume group must not be changed, or a device of it is
   *     open for reading only; nothing was written
   * @throws IllegalArgumentException if {@code next} is of another volume group, or has other
   *     physical volumes
   * @throws org.pvmove.lvm.check.InvalidVolumeGroupException if {@code next} breaks a rule
   * @throws VolumeGroupChangedException if the devices do not hold {@code base} any more
   * @throws org.pvmove.lvm.disk.MetadataTooLargeException if there is no room for its text
   * @throws CommitFailedException if a device fails; it says which version is in force
   */
  public StoredVolumeGroup commit(StoredVolumeGroup base, VolumeGroup next, MetadataHeader header)
      throws CommitFailedException {
    base.requireRepairable();
    if (!next.id().equals(base.volumeGroup().id())
        || !pvIds(next).equals(pvIds(base.volumeGroup()))) {
      throw new IllegalArgumentException(
          "expected a version of volume group %s with the same physical volumes, found %s with %s"
              .formatted(base.volumeGroup().id(), next.id(), pvIds(next)));
    }
    VolumeGroup numbered = next.toBuilder().seqno(base.volumeGroup().seqno() + 1).build();
    VolumeGroupCheck.requireWritable(numbered);
    return Committer.commit(base, new MetadataText(numbered, header));
  }

  private static ImmutableSet<LvmUuid> pvIds(VolumeGroup vg) {
    return vg.physicalVolumes().stream()
        .map(PhysicalVolume::id)
        .collect(ImmutableSet.toImmutableSet());
  }

  /**
   * Makes all devices of this set physical volumes and commits the first version of a new volume
   * group of them, without logical volumes; commit a version with some next.
   *
   * @throws LvmException if a device holds a physical volume already, be it damaged or of an older
   *     format, or is open for reading only; nothing was written then
   * @throws org.pvmove.lvm.check.InvalidVolumeGroupException if the name cannot be one; nothing was
   *     written then
   * @throws IllegalArgumentException if a device is too small; nothing was written then
   * @throws IOException if a device fails
   */
  public StoredVolumeGroup create(NewVolumeGroup spec, MetadataHeader header) throws IOException {
    return Creation.of(this, spec, header);
  }

  /** Closes all devices, also when closing one of them fails. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (BlockDevice device : devices) {
      try {
        device.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
