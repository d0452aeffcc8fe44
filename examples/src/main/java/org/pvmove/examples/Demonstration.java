// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.examples.map.Picture;
import org.pvmove.examples.map.TerminalMap;
import org.pvmove.io.Access;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/**
 * Shows that a move survives the death of its process: makes a volume group on image files, fills
 * its logical volumes with a pattern, has the {@code pvmove} program move everything off the first
 * physical volume, kills that process dead in the middle, restarts, and checks every sector. Or
 * only makes the volume group, for people to try the program on.
 */
public final class Demonstration {
  static final long IMAGE_BYTES = 128 << 20;
  private static final ExtentSize EXTENT_SIZE = ExtentSize.ofBytes(4 << 20);
  private static final ImmutableList<String> IMAGES =
      ImmutableList.of("a.img", "b.img", "c.img", "d.img");

  /** After which segment's checkpoint to kill; earlier if the process ends before it is dead. */
  private static final ImmutableList<Integer> KILL_AFTER = ImmutableList.of(3, 3, 2, 1, 1, 1);

  private final Path directory;
  private final PrintStream out;
  private final ImmutableList<Path> images;
  private final Terminal terminal = Terminal.ofStandardOutput();

  /** The volume group as it was made; absent before that. */
  private @Nullable VolumeGroup before;

  private Demonstration(Path directory, PrintStream out) {
    this.directory = directory;
    this.out = out;
    this.images = imagesIn(directory);
  }

  /** The image files of the volume group, which need not be there. */
  static ImmutableList<Path> imagesIn(Path directory) {
    return IMAGES.stream().map(directory::resolve).collect(ImmutableList.toImmutableList());
  }

  /**
   * Shows it; exits with 0 if every byte is where it should be, with 1 otherwise.
   *
   * @param arguments none, or a directory, in which the volume group is only made, and stays
   */
  public static void main(String... arguments) throws IOException, InterruptedException {
    if (arguments.length > 0) {
      System.exit(make(Path.of(arguments[0])));
    }
    Path directory = Files.createTempDirectory("pvmove-demonstration");
    Demonstration demonstration = new Demonstration(directory, System.out);
    boolean right = demonstration.show();
    if (right) {
      demonstration.cleanUp();
    } else {
      System.out.println("NOT ALL RIGHT. The images are left in " + directory);
    }
    System.exit(right ? 0 : 1);
  }

  private static int make(Path directory) throws IOException {
    for (Path image : imagesIn(directory)) {
      if (Files.exists(image)) {
        System.err.println(
            "%s: expected no such file, found one: nothing is made".formatted(image));
        return ExitCode.FAILED;
      }
    }
    Files.createDirectories(directory);
    new Demonstration(directory, System.out).makeVolumeGroup();
    return ExitCode.DONE;
  }

  private boolean show() throws IOException, InterruptedException {
    for (int attempt = 0; attempt < KILL_AFTER.size(); attempt++) {
      makeVolumeGroup();
      if (killInTheMiddle(KILL_AFTER.get(attempt))) {
        return isWhole("dead in the middle")
            && restart()
            && isWhole("after the restart")
            && isEmptied();
      }
      out.println("The program was faster than the kill. Once more, from the beginning.");
    }
    out.println("The program was never caught in the middle.");
    return false;
  }

  private void makeVolumeGroup() throws IOException {
    heading("A volume group on four image files in " + directory);
    for (Path image : images) {
      Files.deleteIfExists(image);
    }
    SampleVolumeGroup.makeImages(images, IMAGE_BYTES);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images)) {
      StoredVolumeGroup group = sample().create(devices);
      before = group.volumeGroup();
      print(Picture.of(before, names(group)));
      printVolumes(group);
    }
  }

  /** What the volume group is like. */
  static SampleVolumeGroup sample() {
    SampleVolumeGroup sample = new SampleVolumeGroup("vg", EXTENT_SIZE);
    // On a.img in pieces that do not touch; "data" also needs its stripes on different devices.
    sample.add("home").linear(0, 0, 3).linear(0, 6, 3).linear(0, 12, 3).linear(3, 0, 2);
    sample.add("root").linear(0, 3, 3).linear(0, 9, 3);
    sample.add("data").striped(8, new SampleVolumeGroup.At(0, 15), new SampleVolumeGroup.At(1, 0));
    sample.add("logs").linear(1, 20, 4);
    return sample;
  }

  /** Returns whether the process died with some segments at their new place and others not. */
  private boolean killInTheMiddle(int segment) throws IOException, InterruptedException {
    heading("Everything is to leave a.img: the program starts, and is killed in the middle");
    String end = "segment " + segment + " of ";
    int exitCode = runPvmove(line -> line.contains(end), "-v", "--checkpoint", "1b", IMAGES.get(0));
    out.println("Exit code " + exitCode + ".");
    out.println();
    out.println("What is on the disks now:");
    runPvmove(line -> false, "--plan");
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images)) {
      return Pvmove.allOf(onlyGroup(devices).volumeGroup()).stream()
          .anyMatch(
              move ->
                  move.pieces().stream().anyMatch(Pvmove.Piece::done)
                      && !move.pieces().stream().allMatch(Pvmove.Piece::done));
    }
  }

  private boolean restart() throws IOException, InterruptedException {
    heading("The program is started again, without a physical volume: it carries on");
    int exitCode = runPvmove(line -> false, "-v");
    out.println("Exit code " + exitCode + ".");
    return exitCode == ExitCode.DONE;
  }

  private boolean isWhole(String when) throws IOException {
    heading("Every sector of every logical volume is read, " + when);
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images)) {
      StoredVolumeGroup group = onlyGroup(devices);
      Optional<String> difference = SampleVolumeGroup.firstDifference(group);
      difference.ifPresent(text -> out.println("WRONG: " + text));
      if (difference.isEmpty()) {
        out.println("All %d sectors are right.".formatted(sectors(group.volumeGroup())));
      }
      return difference.isEmpty();
    }
  }

  private boolean isEmptied() throws IOException {
    heading("The volume group afterwards");
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images)) {
      StoredVolumeGroup group = onlyGroup(devices);
      print(
          before == null
              ? Picture.of(group.volumeGroup(), names(group))
              : Picture.of(before, group.volumeGroup(), names(group)));
      printVolumes(group);
      PhysicalVolume source = group.volumeGroup().physicalVolumes().get(0);
      boolean emptied =
          ExtentMap.of(group.volumeGroup()).uses(source.id()).isEmpty()
              && group.volumeGroup().pvmoveVolumes().isEmpty();
      out.println();
      out.println(
          emptied
              ? "a.img is empty, no move is in progress, and every byte is right."
              : "WRONG: a.img is still in use.");
      return emptied;
    }
  }

  /**
   * Runs the program in a process of its own and shows what it prints.
   *
   * @param end kills the process with SIGKILL at the first line that it holds for
   */
  private int runPvmove(Predicate<String> end, String... arguments)
      throws IOException, InterruptedException {
    String devices = String.join(",", IMAGES);
    out.println("$ pvmove --devices %s %s".formatted(devices, String.join(" ", arguments)));
    List<String> command = program();
    command.addAll(List.of("--devices", devices));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    boolean killed = false;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!killed && end.test(line)) {
          // Not Process.destroyForcibly, which would also throw away what was printed before.
          process.toHandle().destroyForcibly();
          killed = true;
        }
        out.println("  |" + line);
      }
    }
    int exitCode = process.waitFor();
    if (killed) {
      out.println("Killed with SIGKILL.");
    }
    return exitCode;
  }

  /** The program of the same jar, class path, module path or runtime image, on the same Java. */
  private static List<String> program() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Module module = PvmoveCommand.class.getModule();
    if (module.isNamed()) {
      String modulePath = System.getProperty("jdk.module.path"); // none in a runtime image
      if (modulePath != null) {
        command.addAll(List.of("-p", absolute(modulePath)));
      }
      command.addAll(List.of("-m", module.getName() + "/" + PvmoveCommand.class.getName()));
    } else {
      command.addAll(List.of("-cp", absolute(System.getProperty("java.class.path"))));
      command.add(PvmoveCommand.class.getName());
    }
    return command;
  }

  /** For a process that works in another directory. */
  private static String absolute(String searchPath) {
    return Splitter.on(File.pathSeparatorChar)
        .splitToStream(searchPath)
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void print(Picture picture) {
    TerminalMap.lines(picture, terminal.columns(), terminal.colours()).forEach(out::println);
  }

  /** The physical volumes are called by their file names, which are the same in any directory. */
  static Function<LvmUuid, String> names(StoredVolumeGroup group) {
    return pv -> String.valueOf(Path.of(group.nameOf(pv)).getFileName());
  }

  private void printVolumes(StoredVolumeGroup group) {
    out.println("Logical volumes, full of a pattern that names volume and sector:");
    for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
      out.println(
          "  %s: %s in %s"
              .formatted(
                  lv.name(),
                  Texts.size(EXTENT_SIZE.toBytes(lv.extentCount())),
                  Texts.count(lv.segments().size(), "segment")));
    }
  }

  private void heading(String text) {
    out.println();
    out.println("== " + text);
  }

  private static StoredVolumeGroup onlyGroup(DeviceSet devices) {
    return devices.scan().volumeGroup("vg");
  }

  private static long sectors(VolumeGroup vg) {
    return vg.logicalVolumes().stream()
        .filter(lv -> !lv.isPvmove())
        .mapToLong(lv -> vg.extentSize().toBytes(lv.extentCount()) / Sectors.BYTES)
        .sum();
  }

  private void cleanUp() throws IOException {
    for (Path image : images) {
      Files.delete(image);
    }
    Files.delete(directory);
  }
}
