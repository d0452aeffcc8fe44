// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.stream.Collectors;

/** A reason why a request cannot be planned. */
public sealed interface Rejection {
  /** The reason in a sentence, with the names and numbers. */
  String message();

  /** A physical volume of the request that is not in the volume group. */
  record NoSuchPhysicalVolume(String name, String volumeGroup) implements Rejection {
    @Override
    public String message() {
      return "physical volume \"%s\" was not found in volume group \"%s\""
          .formatted(name, volumeGroup);
    }
  }

  /** A logical volume of the request that is not in the volume group. */
  record NoSuchLogicalVolume(String name, String volumeGroup) implements Rejection {
    @Override
    public String message() {
      return "logical volume \"%s\" was not found in volume group \"%s\""
          .formatted(name, volumeGroup);
    }
  }

  /**
   * Nothing that was asked for lies on the source.
   *
   * @param source name of the source
   * @param skipped volumes that do lie on it but are left out, and why
   */
  record NothingToMove(String source, ImmutableList<MovePlan.Skipped> skipped)
      implements Rejection {
    @Override
    public String message() {
      return skipped.isEmpty()
          ? "no data to move on \"" + source + '"'
          : "all data to move on \"%s\" is left out: %s"
              .formatted(
                  source,
                  skipped.stream()
                      .map(skip -> skip.logicalVolume() + " (" + skip.reason() + ")")
                      .collect(Collectors.joining(", ")));
    }
  }

  /**
   * The free extents do not suffice.
   *
   * @param needed number of extents that need a place
   * @param free number of free extents that may be used, by the name of the physical volume
   * @param unusable physical volumes that may not be used at all, and why
   */
  record NotEnoughSpace(
      long needed, ImmutableMap<String, Long> free, ImmutableMap<String, String> unusable)
      implements Rejection {
    /** Sum of the free extents. */
    public long freeTotal() {
      return free.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public String message() {
      StringBuilder text = new StringBuilder();
      if (freeTotal() < needed) {
        text.append(
            "insufficient free space: %d extents needed, but only %d available"
                .formatted(needed, freeTotal()));
      } else {
        text.append(
            "%d extents needed and %d free, but stripes of one volume must stay on different"
                    .formatted(needed, freeTotal())
                + " physical volumes");
      }
      String places =
          free.entrySet().stream()
              .map(entry -> entry.getKey() + " has " + entry.getValue() + " free")
              .collect(Collectors.joining(", "));
      String others =
          unusable.entrySet().stream()
              .map(entry -> entry.getKey() + ": " + entry.getValue())
              .collect(Collectors.joining(", "));
      if (!places.isEmpty()) {
        text.append("; ").append(places);
      }
      if (!others.isEmpty()) {
        text.append("; not used: ").append(others);
      }
      return text.toString();
    }
  }

  /** A move from the same source is under way. */
  record MoveInProgress(String source, String temporaryVolume) implements Rejection {
    @Override
    public String message() {
      return "a move from \"%s\" is in progress (%s): restart or abort it first"
          .formatted(source, temporaryVolume);
    }
  }

  /**
   * The metadata text of the move would not fit.
   *
   * @param needed size of the text in bytes
   * @param room largest text the metadata areas hold, in bytes
   */
  record MetadataTooLarge(long needed, long room) implements Rejection {
    @Override
    public String message() {
      return "the metadata of the move need %d bytes, but the metadata areas hold texts of %d"
          .formatted(needed, room);
    }
  }
}
