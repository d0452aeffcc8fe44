// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.MetadataAreaState;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.disk.LabelScan;
import org.pvmove.lvm.disk.PvLabel;

/** What is on the devices, and what users mean by the names on the command line. */
final class Groups {
  private final DeviceScan scan;

  Groups(DeviceScan scan) {
    this.scan = scan;
  }

  /** A physical volume that an argument names, and its volume group. */
  record Pv(StoredVolumeGroup group, PhysicalVolume pv) {
    /** What messages and the library call it. */
    String name() {
      return group.nameOf(pv.id());
    }
  }

  ImmutableList<StoredVolumeGroup> all() {
    return scan.volumeGroups();
  }

  /**
   * The physical volume an argument names: by the path of its device, by its uuid, or by the path
   * that the metadata remembers where only one physical volume here has it.
   *
   * @throws CommandException if there is none, or if it cannot be told which
   */
  Pv find(String argument) throws CommandException {
    List<Pv> found = named(deviceName(argument));
    if (found.size() == 1) {
      return found.get(0);
    }
    if (found.isEmpty()) {
      throw notFound(argument);
    }
    throw CommandException.wrongCommandLine(
        "\"%s\" may be any of %s: name one by its device or its uuid"
            .formatted(
                argument,
                found.stream()
                    .map(pv -> pv.name() + " of volume group " + pv.group().volumeGroup().name())
                    .collect(Collectors.joining(", "))));
  }

  /**
   * The physical volume that an argument names from which extents shall move, all or some ranges.
   *
   * @throws CommandException as {@link #find}
   */
  Pv findSource(String argument) throws CommandException {
    if (isKnown(argument)) {
      return find(argument);
    }
    if (argument.startsWith("@")) {
      throw CommandException.wrongCommandLine(
          "\"%s\": expected a physical volume to move from, found a tag: tags stand for destinations"
                  .formatted(argument)
              + " only");
    }
    return find(PvWord.of(argument).name());
  }

  /** An argument with the physical volume called by its device, where it is another path to it. */
  String inDeviceNames(String argument) {
    if (isKnown(argument)) {
      return deviceName(argument);
    }
    PvWord word = PvWord.of(argument);
    String device = deviceName(word.name());
    return device.equals(word.name()) ? argument : new PvWord(device, word.ranges()).toString();
  }

  /** Whether it means a physical volume as it stands, whatever colons are in it. */
  boolean isKnown(String argument) {
    String name = deviceName(argument);
    return !named(name).isEmpty()
        || scan.devices().stream().anyMatch(device -> device.name().equals(name));
  }

  private List<Pv> named(String name) {
    List<Pv> exact = new ArrayList<>();
    List<Pv> remembered = new ArrayList<>();
    for (StoredVolumeGroup group : scan.volumeGroups()) {
      for (PhysicalVolume pv : group.volumeGroup().physicalVolumes()) {
        ScannedDevice device = group.devices().get(pv.id());
        if ((device != null && name.equals(device.name()))
            || name.equals(pv.id().toString())
            || name.equals(pv.id().value())) {
          exact.add(new Pv(group, pv));
        } else if (name.equals(pv.device())) {
          remembered.add(new Pv(group, pv));
        }
      }
    }
    return exact.isEmpty() ? remembered : exact;
  }

  /** The name of a device of the set where an argument is another path to it. */
  String deviceName(String argument) {
    for (ScannedDevice device : scan.devices()) {
      if (device.name().equals(argument) || isSameFile(device.name(), argument)) {
        return device.name();
      }
    }
    return argument;
  }

  /** Whether two paths lead to the same file; what is no path leads nowhere. */
  static boolean isSameFile(String one, String other) {
    try {
      return Files.exists(Path.of(other)) && Files.isSameFile(Path.of(one), Path.of(other));
    } catch (IOException | InvalidPathException e) {
      return false;
    }
  }

  private CommandException notFound(String argument) {
    String name = deviceName(argument);
    for (ScannedDevice device : scan.devices()) {
      if (device.name().equals(name)) {
        String reason = device.leftOut();
        if (device.label() == null) {
          return CommandException.wrongCommandLine(
              "%s is not a physical volume: %s".formatted(name, reason));
        }
        return reason == null
            ? CommandException.failed("physical volume %s is in no volume group".formatted(name))
            : CommandException.failed(
                "physical volume %s is in no volume group that could be read: %s"
                    .formatted(name, reason),
                "Nothing was written. vgcfgrestore(8) of LVM2 writes metadata again from a backup.");
      }
    }
    return CommandException.wrongCommandLine(
        "\"%s\" is not a physical volume on the devices given with --devices (%s); --list says what is"
                .formatted(
                    argument,
                    scan.devices().stream()
                        .map(ScannedDevice::name)
                        .collect(Collectors.joining(", ")))
            + " on them");
  }

  /**
   * Refuses a volume group that must not be changed, with every reason.
   *
   * @throws CommandException with the exit code of pvmove(8): a volume group that is exported, or
   *     of which a device is absent, makes a wrong command line
   */
  static void requireUsable(StoredVolumeGroup group) throws CommandException {
    if (group.refusals().isEmpty()) {
      return;
    }
    boolean wrongDevices =
        !group.missing().isEmpty() || group.volumeGroup().flags().has(StatusFlag.EXPORTED);
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    String name = group.volumeGroup().name();
    lines.add(
        "Volume group \"%s\" must not be changed as it lies on these devices:".formatted(name));
    group.refusals().forEach(lines::add);
    lines.addAll(whatToDo(group));
    lines.add("Nothing was written.");
    throw CommandException.of(
        wrongDevices ? ExitCode.WRONG_COMMAND_LINE : ExitCode.FAILED, lines.build());
  }

  /**
   * What lifts its refusals, where they do not say so themselves. Some of them are known by their
   * words only.
   */
  private static ImmutableList<String> whatToDo(StoredVolumeGroup group) {
    VolumeGroup vg = group.volumeGroup();
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    if (!group.missing().isEmpty()) {
      lines.add(
          "Name all its devices with --devices; vgreduce --removemissing takes out one that is gone for"
              + " good.");
    }
    if (group.barriers().stream().anyMatch(barrier -> barrier.contains("is on several devices"))) {
      lines.add("Name only one device of each physical volume with --devices.");
    }
    if (group.barriers().stream().anyMatch(barrier -> barrier.contains("system id"))) {
      lines.add("lvmsystemid(7) says how another host takes a volume group over.");
    }
    if (vg.lockType() != null) {
      lines.add("vgchange --lock-type none makes it local again; see lvmlockd(8).");
    }
    if (vg.flags().has(StatusFlag.CLUSTERED)) {
      lines.add("vgchange --lock-type none --lockopt force makes it local; see lvmlockd(8).");
    }
    if (!group.violations().isEmpty()) {
      lines.add("vgcfgrestore(8) of LVM2 writes metadata again from a backup.");
    }
    return lines.build();
  }

  /** A device that takes no part in any volume group, and why. */
  record LeftOut(String device, String reason) {
    String text() {
      return device + ": " + reason;
    }
  }

  /** Devices on which a volume group may be that cannot be read, and what is in the way. */
  ImmutableList<LeftOut> unreadable() {
    return leftOut(true);
  }

  /** Devices that belong to none of the volume groups that are there, and why. */
  ImmutableList<LeftOut> leftOut() {
    return leftOut(false);
  }

  private ImmutableList<LeftOut> leftOut(boolean mayHoldGroup) {
    ImmutableList.Builder<LeftOut> all = ImmutableList.builder();
    for (ScannedDevice device : scan.devices()) {
      String reason = device.leftOut();
      if (reason != null && mayHoldGroup(device) == mayHoldGroup) {
        all.add(new LeftOut(device.name(), reason));
      }
    }
    return all.build();
  }

  private boolean mayHoldGroup(ScannedDevice device) {
    LabelScan labelScan = device.labelScan();
    if (labelScan == null) {
      return true;
    }
    return switch (labelScan.state()) {
      case GFS_POOL -> false;
      case LVM1 -> true;
      case NONE -> !labelScan.findings().isEmpty();
      case HEALTHY, DAMAGED -> !isOfKnownGroup(device);
    };
  }

  /** Whether it is a stand-in for, or was removed from, a volume group that is there. */
  private boolean isOfKnownGroup(ScannedDevice device) {
    PvLabel label = device.label();
    return scan.volumeGroups().stream()
        .map(StoredVolumeGroup::volumeGroup)
        .anyMatch(
            vg ->
                (label != null && vg.physicalVolume(label.pvUuid()).isPresent())
                    || device.areas().stream().anyMatch(area -> isOf(area, vg)));
  }

  private static boolean isOf(MetadataAreaState area, VolumeGroup vg) {
    return area.text() != null && area.text().volumeGroup().id().equals(vg.id());
  }

  /** Physical volumes that belong to no volume group yet. */
  ImmutableList<ScannedDevice> orphans() {
    return scan.devices().stream()
        .filter(device -> device.label() != null && device.leftOut() == null)
        .filter(
            device ->
                scan.volumeGroups().stream()
                    .noneMatch(
                        group ->
                            group.devices().values().stream()
                                .anyMatch(used -> used.device() == device.device())))
        .collect(ImmutableList.toImmutableList());
  }
}
