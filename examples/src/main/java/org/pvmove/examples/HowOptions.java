// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.ActiveVolumes;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.VolumeGroupLocks;
import org.pvmove.execute.CopyOptions;
import org.pvmove.execute.ReadErrors;
import org.pvmove.execute.Throttle;
import picocli.CommandLine.Option;

/** The options that say how moves are carried out, whichever they are. */
final class HowOptions {
  @Option(
      names = "--on-read-error",
      paramLabel = "WHAT",
      converter = ReadErrorsWord.class,
      description =
          "What to do when the source cannot be read. stop, the default: stop at the last"
              + " checkpoint. retry or retry=N: read each bad block N times, 3 by default, and stop"
              + " if that does not help. skip or skip=N: after that go on, with bytes of 0 in place"
              + " of what is lost; each lost range is printed on a line of its own, as JSON, and the"
              + " exit code is 5.")
  private ReadErrors readErrors = ReadErrors.stop();

  @Option(
      names = "--elsewhere",
      description =
          "Where a destination cannot be written, give the move up at its last checkpoint and plan"
              + " what is left again, without the extents that failed. Otherwise, and where there is"
              + " no other place, the move stops.")
  private boolean elsewhere;

  @Option(
      names = "--verify",
      description =
          "Read each segment back from the disk before the checkpoint that gives it its new place.")
  private boolean verify;

  @Option(
      names = "--checkpoint",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "How much short segments may have in all that share a checkpoint, which is what a crash"
              + " makes copy again: a size as with --max-segment, 512m by default; 1b for a checkpoint"
              + " for each segment.")
  private long checkpointBytes = CopyOptions.USUAL_CHECKPOINT_BYTES;

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "Copy at most so much a second: a size as with --max-segment. As fast as the disks can by"
              + " default.")
  private @Nullable Long rate;

  @Option(
      names = "--nolocking",
      description =
          "Take none of LVM2's locks. Then no LVM2 command may use the volume groups meanwhile. It"
              + " is the default if all devices are image files.")
  private boolean noLocking;

  @Option(
      names = "--locking-dir",
      paramLabel = "DIR",
      description =
          "Take LVM2's locks in this directory, global/locking_dir of lvm.conf(5); /run/lock/lvm is"
              + " the default if there is a disk of this system among the devices.")
  private @Nullable Path lockingDirectory;

  @Option(
      names = "--lock-timeout",
      paramLabel = "SECONDS",
      description =
          "How long to wait for others who have a volume group locked: 0 for not at all, without end"
              + " by default.")
  private @Nullable Integer lockTimeout;

  @Option(
      names = "--system",
      description =
          "Let LVM2's own pvmove of this system do it, which moves volumes that are in use: to exactly"
              + " the places that are planned here, which is checked after each of its commands. With"
              + " --plan, print these commands. The devices are to be given by the paths that LVM2"
              + " knows. Beware: it does not tell when the source cannot be read.")
  private boolean system;

  @Option(
      names = "--lvm",
      paramLabel = "PROGRAM",
      description = "With --system: where the program lvm is; lvm on the path by default.")
  private @Nullable String lvm;

  boolean elsewhere() {
    return elsewhere;
  }

  /** Whether LVM2's own pvmove is to do it. */
  boolean system() {
    return system;
  }

  HowToMove howToMove(DeviceSet devices) {
    return new HowToMove(
        readErrors,
        elsewhere,
        verify,
        checkpointBytes,
        rate == null ? Throttle.unlimited() : Throttle.ofBytesPerSecond(rate),
        locks(devices),
        ActiveVolumes.ofSystem(),
        system ? ImmutableList.of(lvm == null ? "lvm" : lvm) : null);
  }

  /** As the library does by default, unless told otherwise. */
  private VolumeGroupLocks locks(DeviceSet devices) {
    Path directory =
        lockingDirectory == null && devices.hasDisks()
            ? VolumeGroupLocks.LVM_DIRECTORY
            : lockingDirectory;
    VolumeGroupLocks locks =
        noLocking || directory == null
            ? VolumeGroupLocks.onDevices()
            : VolumeGroupLocks.inDirectory(directory);
    return lockTimeout == null ? locks : locks.waitingAtMost(Duration.ofSeconds(lockTimeout));
  }

  /** What is wrong with them by themselves; absent if nothing is. */
  @Nullable String wrong() {
    if (lvm != null && !system) {
      return "--lvm goes with --system";
    }
    if (noLocking && lockingDirectory != null) {
      return "--nolocking and --locking-dir exclude each other";
    }
    if (lockTimeout != null && lockTimeout < 0) {
      return "--lock-timeout: expected seconds, 0 or more, found " + lockTimeout;
    }
    return null;
  }

  /** Those that whoever goes on needs again: he shall not go on with less locking. */
  String wordsToGoOn() {
    StringBuilder words = new StringBuilder();
    if (lockingDirectory != null) {
      words.append(" --locking-dir ").append(Texts.quoted(lockingDirectory.toString()));
    }
    if (noLocking) {
      words.append(" --nolocking");
    }
    if (system) {
      words.append(" --system");
    }
    if (lvm != null) {
      words.append(" --lvm ").append(Texts.quoted(lvm));
    }
    return words.toString();
  }
}
