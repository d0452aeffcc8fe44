// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;

/**
 * Volume groups that are as bad as years of use can make them: runs of ten extents, those of each
 * logical volume all over the source, none beside the one before it.
 */
final class ScatteredRuns {
  /** Extents in a run. */
  static final int RUN_EXTENTS = 10;

  /** The path that the metadata remember of the physical volume with the runs. */
  static final String SOURCE = "/dev/sda";

  private static final int RUNS_IN_A_VOLUME = 100;
  private static final int DESTINATIONS = 4;

  /** Room behind the runs, and how much more than need be there is at the destinations. */
  private static final double SLACK = 1.5;

  private final SplittableRandom random = new SplittableRandom(1);
  private final List<LogicalVolume> lvs = new ArrayList<>();

  private ScatteredRuns() {}

  /** A volume group with so many runs on the source, and more room for them elsewhere. */
  static VolumeGroup of(int runs, PlannerBenchmark.Destination destination) {
    return new ScatteredRuns().group(runs, destination);
  }

  private VolumeGroup group(int runs, PlannerBenchmark.Destination destination) {
    List<PhysicalVolume> pvs = new ArrayList<>();
    PhysicalVolume source = pv(0, LvmUuid.random(random), (long) (2 * SLACK * runs * RUN_EXTENTS));
    pvs.add(source);
    addRuns(source.id(), runs);
    long wanted = (long) (SLACK * runs * RUN_EXTENTS) / DESTINATIONS + 1;
    for (int i = 1; i <= DESTINATIONS; i++) {
      pvs.add(
          destination == PlannerBenchmark.Destination.WHOLE
              ? pv(i, LvmUuid.random(random), wanted)
              : fragmented(
                  i, wanted, destination == PlannerBenchmark.Destination.FRAGMENTED ? 40 : 20));
    }
    return VolumeGroup.builder("vg", LvmUuid.random(random), new ExtentSize(8192))
        .seqno(7)
        .physicalVolumes(pvs)
        .logicalVolumes(lvs)
        .build();
  }

  private static PhysicalVolume pv(int index, LvmUuid id, long extents) {
    return PhysicalVolume.builder("pv" + index, id, Sectors.of(2048), extents)
        .device("/dev/sd" + (char) ('a' + index))
        .build();
  }

  private void addRuns(LvmUuid pv, int runs) {
    int[] places = new int[runs];
    for (int i = 0; i < runs; i++) {
      int other = random.nextInt(i + 1);
      places[i] = places[other];
      places[other] = i;
    }
    for (int first = 0; first < runs; first += RUNS_IN_A_VOLUME) {
      List<Segment> segments = new ArrayList<>();
      for (int i = first; i < Math.min(runs, first + RUNS_IN_A_VOLUME); i++) {
        // Every other place stays free, so that no two runs are neighbours.
        Area area = new Area.Physical(pv, 2L * RUN_EXTENTS * places[i]);
        segments.add(
            Segment.of(
                (long) RUN_EXTENTS * segments.size(),
                RUN_EXTENTS,
                SegmentType.Striped.linear(area)));
      }
      add("lv" + first / RUNS_IN_A_VOLUME, segments);
    }
  }

  /** A physical volume with free areas of any length below a limit, one extent in use between. */
  private PhysicalVolume fragmented(int index, long free, int limit) {
    List<Segment> segments = new ArrayList<>();
    LvmUuid id = LvmUuid.random(random);
    long extent = 0;
    long left = free;
    while (left > 0) {
      long area = Math.min(left, random.nextInt(1, limit));
      left -= area;
      extent += area;
      segments.add(
          Segment.of(
              segments.size(), 1, SegmentType.Striped.linear(new Area.Physical(id, extent))));
      extent++;
    }
    add("between" + index, segments);
    return pv(index, id, extent);
  }

  private void add(String name, List<Segment> segments) {
    lvs.add(
        LogicalVolume.builder(name, LvmUuid.random(random))
            .creationTime(1_700_000_000L)
            .creationHost("host")
            .segments(segments)
            .build());
  }
}
