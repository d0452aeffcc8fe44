// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.util.Optional;
import org.pvmove.lvm.text.MetadataFormatException;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * The input is a metadata text. What can be read must be fit for every question that is asked of a
 * volume group, and must survive printing.
 */
public final class MetadataTextTarget {
  private MetadataTextTarget() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Bound.run(laps -> run(input));
  }

  private static void run(byte[] input) {
    Optional<MetadataText> onDisk = read(input, true);
    Optional<MetadataText> text = onDisk.isPresent() ? onDisk : read(input, false);
    if (text.isPresent()) {
      Questions.ask(text.get().volumeGroup());
      survivesPrinting(text.get(), onDisk.isPresent());
    }
  }

  private static Optional<MetadataText> read(byte[] input, boolean disk) {
    try {
      return Optional.of(disk ? MetadataText.parseDisk(input) : MetadataText.parse(input));
    } catch (MetadataFormatException expected) {
      return Optional.empty();
    }
  }

  private static void survivesPrinting(MetadataText text, boolean onDisk) {
    byte[] printed = text.toDiskBytes();
    // A group may bear a name in a file that none can bear on a disk.
    MetadataText again = read(printed, onDisk).orElse(null);
    if (again == null) {
      throw new AssertionError("expected to read what was printed, found it unreadable");
    }
    if (!again.volumeGroup().equals(text.volumeGroup())) {
      throw new AssertionError("expected the volume group that was printed, found another");
    }
    if (!known(again.header()).equals(known(text.header()))) {
      throw new AssertionError(
          "expected header %s, found %s".formatted(text.header(), again.header()));
    }
  }

  /** The fields that are known, without what would hide the volume group from a reader. */
  private static String known(MetadataHeader header) {
    return "%s, %s, %s, %s"
        .formatted(
            header.description(),
            header.creationHost(),
            header.creationHostSystemId(),
            header.creationTime())
        .replace("\n}\n", "\n} ");
  }
}
