// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.plan.MoveRequest;

/**
 * A set of disks, as {@link SparseDisks} makes it of the input: scanned, asked about, planned on,
 * and rid of its moves.
 */
public final class ImageTarget {
  /** Groups and volumes that are planned on; each plan is of the whole group. */
  private static final int MAX_PLANS = 3;

  private ImageTarget() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Bound.run(laps -> run(SparseDisks.of(input), laps));
  }

  private static void run(List<BlockDevice> disks, Bound.Laps laps) {
    try (DeviceSet devices = DeviceSet.of(disks.toArray(new BlockDevice[0]))) {
      DeviceScan scan = devices.scan();
      laps.lap();
      if (scan.devices().size() != disks.size()) {
        throw new AssertionError("expected every device, found " + scan.devices());
      }
      int rest = MAX_PLANS;
      for (StoredVolumeGroup stored : scan.volumeGroups()) {
        if (rest-- == 0) {
          break;
        }
        look(scan, stored);
        use(devices, stored, laps);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("expected memory to hold what was written", e);
    }
  }

  private static void look(DeviceScan scan, StoredVolumeGroup stored) {
    String id = stored.volumeGroup().id().toString();
    if (!scan.volumeGroup(id).equals(stored)) {
      throw new AssertionError("expected to find volume group %s by its uuid".formatted(id));
    }
    List<String> names = new ArrayList<>();
    for (PhysicalVolume pv : stored.volumeGroup().physicalVolumes()) {
      names.add(stored.nameOf(pv.id()));
    }
    if (stored.room() < 0 || names.size() < stored.missing().size()) {
      throw new AssertionError("expected numbers that make sense, found those of " + stored);
    }
  }

  private static void use(DeviceSet devices, StoredVolumeGroup stored, Bound.Laps laps)
      throws IOException {
    PvMover mover =
        PvMover.builder(devices, stored.volumeGroup().id().toString())
            .random(RandomGenerator.of("L64X128MixRandom"))
            .build();
    ImmutableList<PhysicalVolume> pvs = stored.volumeGroup().physicalVolumes();
    for (PhysicalVolume pv : pvs.subList(0, Math.min(MAX_PLANS, pvs.size()))) {
      try {
        if (mover.plan(MoveRequest.from(pv.id().toString()).build()) == null) {
          throw new AssertionError("expected a plan or reasons, found neither");
        }
      } catch (LvmException expected) {
        // The volume group must not be changed, for instance.
      }
      laps.lap();
    }
    try {
      mover.abort();
    } catch (LvmException expected) {
      // As above; or there is no move.
    }
    laps.lap();
  }
}
