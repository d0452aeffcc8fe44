// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.DiskWrite;
import org.pvmove.lvm.disk.PvFormat;
import org.pvmove.lvm.text.MetadataHeader;

/** Devices and volume groups that must not be touched, or cannot be read. */
class RefusalTest {
  /** Where the label of a physical volume begins. */
  private static final int LABEL_AT = 512;

  /** Where the header of its metadata area begins. */
  private static final int METADATA_AREA_AT = 4096;

  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  @Test
  void refusesAPhysicalVolumeOfLvm1AndPointsToVgconvert() throws IOException {
    String old = imageThatBegins("lvm1.img", 0, "HM\1\0").toString();
    ImmutableList<String> before = images.checksums();
    String devices = images.devices() + "," + old;

    Result list = Result.ofPvmove("--devices", devices, "--list");
    assertThat(list.out()).contains("Not readable:", "LVM1", "vgconvert");
    assertThat(list.exitCode()).isEqualTo(5);

    Result move = Result.ofPvmove("--devices", devices, old);
    assertThat(move.err()).contains(old, "LVM1", "vgconvert");
    assertThat(move.exitCode()).isEqualTo(3);

    Result restart = Result.ofPvmove("--devices", devices);
    assertThat(restart.err()).contains(old, "LVM1", "vgconvert");
    assertThat(restart.exitCode()).isEqualTo(5);

    assertThat(images.checksums()).isEqualTo(before);
    assertThat(new String(Files.readAllBytes(Path.of(old)), 0, 4, StandardCharsets.ISO_8859_1))
        .isEqualTo("HM\1\0");
  }

  @Test
  void saysWhatWasLeftOutAndWhy() throws IOException {
    String empty = imageThatBegins("empty.img", 0, "").toString();
    Result result = Result.ofPvmove("--devices", images.devices() + "," + empty, "--list");
    assertThat(result.out()).contains("Left out:", empty + ": no LVM2 label");
    assertThat(result.exitCode()).isZero();
    Result move = Result.ofPvmove("--devices", images.devices() + "," + empty, images.name(0));
    assertThat(move.err()).contains(empty + ": no LVM2 label");
    assertThat(move.exitCode()).isZero();
  }

  @Test
  void saysThatADeviceIsNoPhysicalVolume() throws IOException {
    String empty = imageThatBegins("empty.img", 0, "").toString();
    Result result = Result.ofPvmove("--devices", images.devices() + "," + empty, empty);
    assertThat(result.err()).contains(empty + " is not a physical volume: no LVM2 label");
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void reportsALabelWithAWrongChecksum() throws IOException {
    damage(images.path(0), LABEL_AT + 32);
    Result result = images.pvmove("--list");
    assertThat(result.out())
        .contains("Not readable:", images.name(0), "checksum", "Must not be changed:", "missing");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void reportsAVolumeGroupWhoseMetadataAreAllDamaged() throws IOException {
    for (Path image : images.paths()) {
      damage(image, METADATA_AREA_AT + 4);
    }
    Result list = images.pvmove("--list");
    assertThat(list.out()).contains("Not readable:", images.name(2), "metadata area at byte 4096");
    assertThat(list.err()).contains("Not every volume group on these devices can be read.");
    assertThat(list.exitCode()).isEqualTo(5);
    Result move = images.pvmove(images.name(0));
    assertThat(move.err())
        .contains(
            images.name(0)
                + " is in no volume group that could be read: metadata area at byte 4096",
            "Nothing was written. vgcfgrestore(8) of LVM2 writes metadata again from a backup.");
    assertThat(move.exitCode()).isEqualTo(5);
    Result restart = images.pvmove();
    assertThat(restart.out()).isEqualTo("  No pvmove in progress on what could be read.\n");
    assertThat(restart.exitCode()).isEqualTo(5);
  }

  @Test
  void readsAroundOneDamagedMetadataArea() throws IOException {
    damage(images.path(1), METADATA_AREA_AT + 4);
    Result result = images.pvmove("--list");
    assertThat(result.out()).contains("Findings:", images.name(1) + ": metadata area at byte 4096");
    assertThat(result.exitCode()).isZero();
    Result move = images.pvmove(images.name(0));
    assertThat(move.err()).contains(images.name(1) + ": metadata area at byte 4096");
    assertThat(move.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
  }

  @Test
  void refusesAVolumeGroupOfWhichADeviceIsMissing() {
    Images two = new Images(images.paths().subList(0, 2));
    Result move = two.pvmove(two.name(0));
    assertThat(move.err())
        .contains("must not be changed", "physical volume", "is missing", "Nothing was written.")
        .contains("Name all its devices with --devices; vgreduce --removemissing takes out");
    assertThat(move.exitCode()).isEqualTo(3);
    Result list = two.pvmove("--list");
    assertThat(list.out()).contains("a-m", "Must not be changed:", "is missing");
    assertThat(list.exitCode()).isZero();
  }

  @Test
  void carriesNothingOnWhereADeviceIsMissing() throws IOException {
    images.moveOneSegment(0);
    Images two = new Images(images.paths().subList(0, 2));
    for (String[] arguments : new String[][] {{}, {"--abort"}}) {
      Result result = two.pvmove(arguments);
      assertThat(result.err()).contains("is missing");
      assertThat(result.exitCode()).isEqualTo(5);
    }
    assertThat(images.isMoveInProgress()).isTrue();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void leavesACopyOfAPhysicalVolumeOut() throws IOException {
    Path copy = Files.copy(images.path(2), directory.resolve("copy.img"));
    Result list = Result.ofPvmove("--devices", images.devices() + "," + copy, "--list");
    assertThat(list.out()).contains("Must not be changed:", "is on several devices");
    assertThat(list.exitCode()).isZero();
    Result move = Result.ofPvmove("--devices", images.devices() + "," + copy, images.name(0));
    assertThat(move.err())
        .contains(
            "is on several devices",
            "Name only one device of each physical volume with --devices.");
    assertThat(move.exitCode()).isEqualTo(5);
  }

  @Test
  void listsAPhysicalVolumeThatIsInNoVolumeGroupYet() throws IOException {
    // As pvcreate(8) leaves it: a label that is not in use, and no metadata area.
    Path orphan = imageThatBegins("orphan.img", 0, "");
    try (BlockDevice device = BlockDevices.open(orphan, Access.READ_WRITE)) {
      LvmUuid uuid = LvmUuid.random(new SecureRandom());
      for (DiskWrite write :
          PvFormat.builder(uuid, device.size()).metadataAreas(0).build().writes()) {
        device.write(write.offset(), write.bytes());
      }
    }
    Result list = Result.ofPvmove("--devices", images.devices() + "," + orphan, "--list");
    assertThat(list.out()).contains("Physical volumes in no volume group:", "orphan.img  8.00 MiB");
    assertThat(list.exitCode()).isZero();
    Result move = Result.ofPvmove("--devices", images.devices() + "," + orphan, orphan.toString());
    assertThat(move.err()).contains("is in no volume group\n");
    assertThat(move.exitCode()).isEqualTo(5);
  }

  @Test
  void refusesAnExportedVolumeGroup() throws IOException {
    change(vg -> vg.toBuilder().flags(vg.flags().with(StatusFlag.EXPORTED)).build());
    Result result = images.pvmove(images.name(0));
    assertThat(result.err()).contains("exported", "vgimport", "Nothing was written.");
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void refusesAVolumeGroupOfAnotherHost() throws IOException {
    change(vg -> vg.toBuilder().systemId("another").build());
    Result result = images.pvmove(images.name(0));
    assertThat(result.err()).contains("system id", "another", "lvmsystemid(7)");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void refusesAVolumeGroupThatIsShared() throws IOException {
    change(vg -> vg.toBuilder().lockType("sanlock").lockArgs("1.0.0:lvmlock").build());
    Result result = images.pvmove(images.name(0));
    assertThat(result.err().lines())
        .containsExactly(
            "  Volume group \"vg\" must not be changed as it lies on these devices:",
            "  it is shared with lock type \"sanlock\", which needs lvmlockd",
            "  vgchange --lock-type none makes it local again; see lvmlockd(8).",
            "  Nothing was written.");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void saysWhereTheProgramOfLvmIsLookedFor() {
    ImmutableList<String> before = images.checksums();
    Result result = images.pvmove("--system", "--lvm", "/nowhere/lvm", images.name(0));
    assertThat(result.err())
        .contains(
            "Cannot run program \"/nowhere/lvm\"",
            "--lvm says where the program lvm is.",
            "To go on:   pvmove --devices " + images.devices());
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(images.checksums()).isEqualTo(before);
  }

  @FunctionalInterface
  private interface Change {
    VolumeGroup of(VolumeGroup vg);
  }

  private void change(Change change) throws IOException {
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images.paths())) {
      StoredVolumeGroup group = devices.scan().volumeGroup("vg");
      devices.commit(group, change.of(group.volumeGroup()), MetadataHeader.of("change", "test", 0));
    }
  }

  private Path imageThatBegins(String name, int offset, String bytes) throws IOException {
    Path path = directory.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(Images.IMAGE_BYTES);
      file.seek(offset);
      file.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }
    return path;
  }

  private static void damage(Path image, long offset) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(offset);
      int old = file.read();
      file.seek(offset);
      file.write(old ^ 0xff);
    }
  }
}
