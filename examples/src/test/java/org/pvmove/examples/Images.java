// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ObjectArrays;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.Access;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Image files that carry the volume group "vg", and what tests do with them. */
final class Images {
  static final ExtentSize EXTENT_SIZE = ExtentSize.ofBytes(128 << 10);
  static final long IMAGE_BYTES = 8 << 20;

  private final ImmutableList<Path> paths;

  Images(List<Path> paths) {
    this.paths = ImmutableList.copyOf(paths);
  }

  /**
   * Three small images: on the first one four runs of extents, of which one is a stripe; on the
   * second one two runs beside the other stripe.
   */
  static Images small(Path directory) throws IOException {
    return small(directory, "vg");
  }

  /** The same with another name for the volume group. */
  static Images small(Path directory, String name) throws IOException {
    SampleVolumeGroup sample = new SampleVolumeGroup(name, EXTENT_SIZE);
    sample.add("home").linear(0, 0, 4).linear(0, 8, 4);
    sample.add("root").linear(0, 4, 4);
    sample.add("data").striped(4, new SampleVolumeGroup.At(0, 12), new SampleVolumeGroup.At(1, 0));
    sample.add("logs").linear(1, 8, 4).linear(1, 16, 4);
    return make(directory, sample, "a.img", "b.img", "c.img");
  }

  /** Three small images; on the first one as many runs of one extent that do not touch. */
  static Images scattered(Path directory, int runs) throws IOException {
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", EXTENT_SIZE);
    SampleVolumeGroup.Volume odd = sample.add("odd");
    SampleVolumeGroup.Volume even = sample.add("even");
    for (int i = 0; i < runs; i++) {
      (i % 2 == 0 ? even : odd).linear(0, i, 1);
    }
    return make(directory, sample, "a.img", "b.img", "c.img");
  }

  /** Three small images; on the first two of them as many runs of one extent. */
  static Images scatteredOnTwo(Path directory, int runs) throws IOException {
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", EXTENT_SIZE);
    for (int pv = 0; pv < 2; pv++) {
      SampleVolumeGroup.Volume odd = sample.add("odd" + pv);
      SampleVolumeGroup.Volume even = sample.add("even" + pv);
      for (int i = 0; i < runs; i++) {
        (i % 2 == 0 ? even : odd).linear(pv, i, 1);
      }
    }
    return make(directory, sample, "a.img", "b.img", "c.img");
  }

  /** Two small images; on the first one two runs of extents. */
  static Images ofTwo(Path directory) throws IOException {
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", EXTENT_SIZE);
    sample.add("home").linear(0, 0, 4).linear(0, 8, 4);
    return make(directory, sample, "a.img", "b.img");
  }

  /**
   * Three images for volumes that are busy: on the first one runs of "home", stripes of "data",
   * which has as many on the second one, and one image of "mirror", whose other is on the second.
   */
  static Images busy(Path directory) throws IOException {
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", EXTENT_SIZE);
    SampleVolumeGroup.Volume home = sample.add("home");
    SampleVolumeGroup.Volume data = sample.add("data");
    for (int i = 0; i < 8; i++) {
      home.linear(0, 5 * i, 4);
      data.striped(3, new SampleVolumeGroup.At(0, 50 + 4 * i), new SampleVolumeGroup.At(1, 4 * i));
    }
    Images images = make(directory, sample, 3 * IMAGE_BYTES, "a.img", "b.img", "c.img");
    images.addMirror(0, 90);
    return images;
  }

  private static Images make(Path directory, SampleVolumeGroup sample, String... names)
      throws IOException {
    return make(directory, sample, IMAGE_BYTES, names);
  }

  private static Images make(
      Path directory, SampleVolumeGroup sample, long imageBytes, String... names)
      throws IOException {
    List<Path> paths = Arrays.stream(names).map(directory::resolve).toList();
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
    SampleVolumeGroup.makeImages(paths, imageBytes);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, paths)) {
      sample.create(devices);
    }
    return new Images(paths);
  }

  /** The same images in another directory. */
  Images movedTo(Path directory) throws IOException {
    ImmutableList.Builder<Path> moved = ImmutableList.builder();
    for (Path path : paths) {
      moved.add(Files.move(path, directory.resolve(path.getFileName())));
    }
    return new Images(moved.build());
  }

  /** Adds a mirror of two extents whose images are on a physical volume and on the next one. */
  void addMirror(int pv, long extent) throws IOException {
    add(
        vg -> {
          ImmutableList.Builder<LogicalVolume> lvs = ImmutableList.builder();
          ImmutableList.Builder<Area> images = ImmutableList.builder();
          for (int i = 0; i < 2; i++) {
            String name = "mirror_mimage_" + i;
            LvmUuid on = vg.physicalVolumes().get(pv + i).id();
            SegmentType linear = SegmentType.Striped.linear(new Area.Physical(on, extent));
            lvs.add(
                volume(name, linear)
                    .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
                    .build());
            images.add(new Area.Logical(name, 0));
          }
          SegmentType mirror = new SegmentType.Mirror(null, null, Sectors.of(256), images.build());
          return lvs.add(volume("mirror", mirror).build()).build();
        });
  }

  /** Adds a snapshot of a volume, with a store of two extents, called "snap". */
  void addSnapshot(String origin, int pv, long extent) throws IOException {
    add(
        vg -> {
          LvmUuid on = vg.physicalVolumes().get(pv).id();
          SegmentType linear = SegmentType.Striped.linear(new Area.Physical(on, extent));
          LogicalVolume of = vg.logicalVolume(origin).orElseThrow();
          SegmentType tie = new SegmentType.Snapshot(Sectors.of(8), origin, "snap", false);
          return List.of(
              volume("snap", linear).build(),
              LogicalVolume.builder("snapshot0", LvmUuid.random(new SecureRandom()))
                  .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
                  .segments(List.of(Segment.of(0, of.extentCount(), tie)))
                  .build());
        });
  }

  /** A volume of two extents. */
  private static LogicalVolume.Builder volume(String name, SegmentType type) {
    return LogicalVolume.builder(name, LvmUuid.random(new SecureRandom()))
        .segments(List.of(Segment.of(0, 2, type)));
  }

  private void add(Function<VolumeGroup, List<LogicalVolume>> volumes) throws IOException {
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, paths)) {
      StoredVolumeGroup group = devices.scan().volumeGroup("vg");
      VolumeGroup vg = group.volumeGroup();
      List<LogicalVolume> lvs = new ArrayList<>(vg.logicalVolumes());
      lvs.addAll(volumes.apply(vg));
      devices.commit(
          group,
          vg.toBuilder().logicalVolumes(lvs).build(),
          MetadataHeader.of("add volumes", "test", 0));
    }
  }

  Path path(int index) {
    return paths.get(index);
  }

  ImmutableList<Path> paths() {
    return paths;
  }

  /** The name of a device, as on the command line. */
  String name(int index) {
    return paths.get(index).toString();
  }

  /** The argument of {@code --devices}. */
  String devices() {
    return paths.stream().map(Path::toString).collect(Collectors.joining(","));
  }

  /** Runs the program in this process on these images. */
  Result pvmove(String... arguments) {
    String[] all =
        ObjectArrays.concat(new String[] {"--devices", devices()}, arguments, String.class);
    return Result.ofPvmove(all);
  }

  /** The volume group as it is on the images now. */
  StoredVolumeGroup group() {
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, paths)) {
      return devices.scan().volumeGroup("vg");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  LvmUuid uuid(int index) {
    return group().volumeGroup().physicalVolumes().get(index).id();
  }

  /** How many extents of a physical volume are in use. */
  long used(int index) {
    StoredVolumeGroup group = group();
    ExtentMap extents = ExtentMap.of(group.volumeGroup());
    return extents.uses(group.volumeGroup().physicalVolumes().get(index).id()).stream()
        .mapToLong(use -> use.range().count())
        .sum();
  }

  /** The names of the devices that a logical volume has extents on, in the order of its extents. */
  List<String> places(String lv) {
    StoredVolumeGroup group = group();
    return group.volumeGroup().logicalVolume(lv).orElseThrow().segments().stream()
        .flatMap(segment -> segment.areas().stream())
        .map(area -> area instanceof Area.Physical on ? group.nameOf(on.pv()) : "elsewhere")
        .toList();
  }

  /** What the library plans on these images. */
  MovePlan plan(MoveRequest request) {
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, paths)) {
      return PvMover.builder(devices, "vg").build().plan(request).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives a physical volume a tag. */
  void addTag(int pv, String tag) throws IOException {
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, paths)) {
      StoredVolumeGroup group = devices.scan().volumeGroup("vg");
      List<PhysicalVolume> pvs = new ArrayList<>(group.volumeGroup().physicalVolumes());
      pvs.set(pv, pvs.get(pv).toBuilder().tags(List.of(tag)).build());
      devices.commit(
          group,
          group.volumeGroup().toBuilder().physicalVolumes(pvs).build(),
          MetadataHeader.of("add a tag", "test", 0));
    }
  }

  boolean isMoveInProgress() {
    return !group().volumeGroup().pvmoveVolumes().isEmpty();
  }

  /** What is wrong with the contents of the logical volumes; empty if nothing is. */
  String firstDifference() {
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, paths)) {
      return SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg")).orElse("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A checksum of every byte of every image. */
  ImmutableList<String> checksums() {
    return paths.stream().map(Images::checksum).collect(ImmutableList.toImmutableList());
  }

  private static String checksum(Path path) {
    try {
      return MoreFiles.asByteSource(path).hash(Hashing.sha256()).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Begins to move everything off a physical volume and stops after its first segment. */
  void moveOneSegment(int source) throws IOException {
    moveOneSegment(MoveRequest.from(name(source)).build());
  }

  /** Begins a move and stops after its first segment. */
  void moveOneSegment(MoveRequest request) throws IOException {
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, paths)) {
      AtomicReference<PvMover> mover = new AtomicReference<>();
      mover.set(
          PvMover.builder(devices, "vg")
              .checkpointBytes(0)
              .listener(
                  event -> {
                    if (event instanceof MoveEvent.Checkpoint) {
                      mover.get().stop();
                    }
                  })
              .build());
      MoveOutcome outcome = mover.get().execute(mover.get().plan(request).orElseThrow());
      if (!(outcome instanceof MoveOutcome.Stopped)) {
        throw new AssertionError("expected to be stopped, found " + outcome);
      }
    }
  }
}
