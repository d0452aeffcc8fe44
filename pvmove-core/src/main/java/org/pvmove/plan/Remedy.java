// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * What would make a rejected request acceptable. Each was tried: {@linkplain #apply applied}, the
 * request is accepted.
 */
public sealed interface Remedy {
  /** What to do, in a few words. */
  String message();

  /** The volume group and the request with the remedy applied. */
  Applied apply(VolumeGroup vg, MoveRequest request);

  /** What a remedy makes of a volume group and a request. */
  record Applied(VolumeGroup volumeGroup, MoveRequest request) {}

  /** To ask for a policy that allows more. */
  record UsePolicy(AllocationPolicy policy) implements Remedy {
    @Override
    public String message() {
      return "policy " + policy.word() + " would do";
    }

    @Override
    public Applied apply(VolumeGroup vg, MoveRequest request) {
      return new Applied(vg, request.toBuilder().policy(policy).build());
    }
  }

  /** To name no destinations. */
  record AnyDestination() implements Remedy {
    @Override
    public String message() {
      return "it fits if it may go to any physical volume";
    }

    @Override
    public Applied apply(VolumeGroup vg, MoveRequest request) {
      return new Applied(vg, request.toBuilder().to().build());
    }
  }

  /** To allow disks with larger logical blocks. */
  record LargerBlocks() implements Remedy {
    @Override
    public String message() {
      return "it fits if it may go to disks with larger logical blocks";
    }

    @Override
    public Applied apply(VolumeGroup vg, MoveRequest request) {
      return new Applied(vg, request.toBuilder().largerBlocks(true).build());
    }
  }

  /**
   * To let a physical volume be allocated from.
   *
   * @param pv the physical volume
   * @param name its name
   */
  record MakeAllocatable(LvmUuid pv, String name) implements Remedy {
    @Override
    public String message() {
      return "it fits if %s is made allocatable (pvchange -x y)".formatted(name);
    }

    @Override
    public Applied apply(VolumeGroup vg, MoveRequest request) {
      List<PhysicalVolume> pvs = new ArrayList<>();
      for (PhysicalVolume each : vg.physicalVolumes()) {
        pvs.add(
            each.id().equals(pv)
                ? each.toBuilder().flags(each.flags().with(StatusFlag.ALLOCATABLE)).build()
                : each);
      }
      return new Applied(vg.toBuilder().physicalVolumes(pvs).build(), request);
    }
  }

  /** To leave a logical volume where it is. */
  record LeaveOut(String logicalVolume) implements Remedy {
    @Override
    public String message() {
      return "without %s it fits".formatted(logicalVolume);
    }

    @Override
    public Applied apply(VolumeGroup vg, MoveRequest request) {
      List<String> excluded = new ArrayList<>(request.excluded());
      excluded.add(logicalVolume);
      return new Applied(vg, request.toBuilder().without(excluded).build());
    }
  }

  /**
   * To extend the volume group by a physical volume with so many extents, and to move there too.
   *
   * @param extents how many extents are enough; with one less no place was found
   */
  record AddSpace(long extents) implements Remedy {
    private static final String NEW_PV = "a new physical volume";

    @Override
    public String message() {
      return "%d extent%s more on a new physical volume would do"
          .formatted(extents, extents == 1 ? "" : "s");
    }

    @Override
    public Applied apply(VolumeGroup vg, MoveRequest request) {
      LvmUuid id = new LvmUuid("new0".repeat(8));
      PhysicalVolume pv =
          PhysicalVolume.builder("pv" + vg.physicalVolumes().size(), id, Sectors.of(2048), extents)
              .device(NEW_PV)
              .build();
      MoveRequest extended = request;
      if (!request.destinations().isEmpty()) {
        extended =
            request.toBuilder()
                .to(
                    ImmutableList.<String>builder()
                        .addAll(request.destinations())
                        .add(id.toString())
                        .build())
                .build();
      }
      return new Applied(
          vg.toBuilder()
              .physicalVolumes(
                  ImmutableList.<PhysicalVolume>builder()
                      .addAll(vg.physicalVolumes())
                      .add(pv)
                      .build())
              .build(),
          extended);
    }
  }
}
