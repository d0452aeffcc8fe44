// SPDX-License-Identifier: Apache-2.0
package org.example.consumer;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.FileLocks;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;

/**
 * Makes a volume group on two image files, fills a logical volume, moves it from one image to the
 * other, and looks whether all is as it should be.
 */
public final class MoveImages {
  private static final int IMAGE_BYTES = 64 << 20;
  private static final int SEED = 1;

  private MoveImages() {}

  /**
   * Exits with 0 if all is as it should be.
   *
   * @param arguments "module path" or "class path": what this program is expected to be on
   */
  public static void main(String... arguments) throws IOException {
    boolean named = MoveImages.class.getModule().isNamed();
    check(arguments[0].equals(named ? "module path" : "class path"), "not on the " + arguments[0]);
    check(PvMover.class.getModule().isNamed() == named, "the library is elsewhere than the program");
    check(FileLocks.available(), "JNA is not found");

    Path directory = Files.createTempDirectory("consumer");
    try {
      Path from = directory.resolve("a.img");
      Path to = directory.resolve("b.img");
      makeVolumeGroup(from, to);
      ByteBuffer written = fill(from, to);
      move(from, to);
      checkMoved(from, to, written);
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    System.out.printf(
        "Moved on the %s of Java %s.%n", arguments[0], System.getProperty("java.version"));
  }

  private static void makeVolumeGroup(Path... images) throws IOException {
    for (Path image : images) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(IMAGE_BYTES);
      }
    }
    MetadataHeader header = MetadataHeader.of("consumer", "localhost", 0);
    try (DeviceSet devices = DeviceSet.open(images)) {
      StoredVolumeGroup empty = devices.create(NewVolumeGroup.named("vg"), header);
      VolumeGroup vg = empty.volumeGroup();
      PhysicalVolume first = vg.physicalVolumes().get(0);
      LogicalVolume home =
          LogicalVolume.builder("home", LvmUuid.random(new SecureRandom()))
              .segments(List.of(linear(0, first, 0), linear(2, first, 5)))
              .build();
      devices.commit(empty, vg.toBuilder().logicalVolumes(List.of(home)).build(), header);
    }
  }

  private static Segment linear(long extent, PhysicalVolume pv, long physicalExtent) {
    ImmutableList<Area> place = ImmutableList.of(new Area.Physical(pv.id(), physicalExtent));
    return Segment.of(extent, 2, new SegmentType.Striped(null, place));
  }

  private static ByteBuffer fill(Path... images) throws IOException {
    try (DeviceSet devices = DeviceSet.open(images);
        LiveVolumes volumes = LiveVolumes.builder(devices, "vg").open();
        LogicalVolumeDevice home = volumes.open("home")) {
      byte[] bytes = new byte[Math.toIntExact(home.size())];
      new Random(SEED).nextBytes(bytes);
      home.write(0, ByteBuffer.wrap(bytes));
      home.flush();
      return ByteBuffer.wrap(bytes);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try (DeviceSet devices = DeviceSet.open(from, to)) {
      PvMover mover = PvMover.builder(devices, "vg").build();
      MovePlan plan =
          mover
              .plan(MoveRequest.from(from.toString()).to(to.toString()).build())
              .orElseThrow();
      MoveOutcome outcome = mover.execute(plan);
      check(outcome instanceof MoveOutcome.Completed, outcome.toString());
    }
  }

  private static void checkMoved(Path from, Path to, ByteBuffer written) throws IOException {
    try (DeviceSet devices = DeviceSet.open(from, to)) {
      VolumeGroup vg = devices.scan().volumeGroup("vg").volumeGroup();
      ExtentMap extents = ExtentMap.of(vg);
      check(extents.uses(vg.physicalVolumes().get(0).id()).isEmpty(), "the source is not empty");
      check(!extents.uses(vg.physicalVolumes().get(1).id()).isEmpty(), "the destination is empty");
      try (LiveVolumes volumes = LiveVolumes.builder(devices, "vg").open();
          LogicalVolumeDevice home = volumes.open("home")) {
        ByteBuffer read = ByteBuffer.allocate(Math.toIntExact(home.size()));
        home.read(0, read);
        check(read.flip().equals(written), "the volume has other bytes than were written");
      }
    }
  }

  private static void check(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalStateException(otherwise);
    }
  }
}
