// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pvmove.lvm.AllocationPolicy;

/** A reason why a request cannot be planned. */
public sealed interface Rejection {
  /** The reason in a sentence, with the names and numbers. */
  String message();

  /**
   * A physical volume with ranges that is not written as pvmove(8) wants it, or names extents that
   * are not there.
   *
   * @param problem what is wrong with it, and where
   */
  record BadArgument(String problem) implements Rejection {
    @Override
    public String message() {
      return problem;
    }
  }

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
   * @param sources names of the sources
   * @param skipped volumes that do lie there but are left out, and why
   */
  record NothingToMove(ImmutableList<String> sources, ImmutableList<MovePlan.Skipped> skipped)
      implements Rejection {
    @Override
    public String message() {
      String where =
          sources.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
      return skipped.isEmpty()
          ? "no data to move on " + where
          : "all data to move on %s is left out: %s".formatted(where, list(skipped));
    }
  }

  /**
   * Something would be left out, which a strict request does not allow.
   *
   * @param skipped volumes that would be left out, and why
   */
  record LeavesSomething(ImmutableList<MovePlan.Skipped> skipped) implements Rejection {
    /** The reason to reject a strict request that leaves these out, if it does not want them to. */
    static Optional<LeavesSomething> of(List<MovePlan.Skipped> skipped) {
      ImmutableList<MovePlan.Skipped> unwanted =
          skipped.stream()
              .filter(skip -> skip.reason() != SkipReason.EXCLUDED)
              .collect(ImmutableList.toImmutableList());
      return unwanted.isEmpty() ? Optional.empty() : Optional.of(new LeavesSomething(unwanted));
    }

    @Override
    public String message() {
      return "some data cannot be moved: " + list(skipped);
    }
  }

  private static String list(ImmutableList<MovePlan.Skipped> skipped) {
    return skipped.stream()
        .map(skip -> "%s (%s)".formatted(skip.logicalVolume(), skip.reason().text()))
        .collect(Collectors.joining(", "));
  }

  /**
   * A physical volume that a logical volume must keep away from, because other images or stripes
   * are there.
   *
   * @param logicalVolume the volume that moves
   * @param physicalVolume where it must not go
   * @param whole the raid, mirror or striped volume whose redundancy or speed would suffer
   */
  record Blocked(String logicalVolume, String physicalVolume, String whole) {
    private String what() {
      return logicalVolume.equals(whole)
          ? "a stripe of " + whole
          : "%s (for the sake of %s)".formatted(logicalVolume, whole);
    }
  }

  /**
   * There is no place for the extents.
   *
   * @param needed number of extents that need a place
   * @param policy the policy that was asked for
   * @param free number of free extents that may be used, by the name of the physical volume
   * @param unused what was named as destination, or might be one, but is not used, and why; by name
   * @param unplaced for the policy and every stricter one how many extents are left over at least
   * @param blocked which volumes must keep away from which physical volumes among these
   * @param certain whether it is certain; if not, the search was given up, because there are too
   *     many ways to try
   */
  record NotEnoughSpace(
      long needed,
      AllocationPolicy policy,
      ImmutableMap<String, Long> free,
      ImmutableMap<String, String> unused,
      ImmutableMap<AllocationPolicy, Long> unplaced,
      ImmutableList<Blocked> blocked,
      boolean certain)
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
      } else if (!certain) {
        text.append(
            "no place was found for %d extents by policy %s, though %d are free; the search was given"
                    .formatted(needed, policy.word(), freeTotal())
                + " up");
      } else {
        text.append(
            "insufficient suitable free space: %d extents needed and %d free, but by policy %s at"
                    .formatted(needed, freeTotal(), policy.word())
                + " least %d find no place".formatted(unplaced.getOrDefault(policy, 1L)));
      }
      join(
          text,
          "; ",
          free.entrySet().stream()
              .map(entry -> entry.getKey() + " has " + entry.getValue() + " free")
              .collect(Collectors.joining(", ")));
      join(
          text,
          "; not used: ",
          unused.entrySet().stream()
              .map(entry -> entry.getKey() + ": " + entry.getValue())
              .collect(Collectors.joining(", ")));
      Map<String, String> blocks =
          blocked.stream()
              .collect(
                  Collectors.groupingBy(
                      Blocked::what,
                      Collectors.mapping(Blocked::physicalVolume, Collectors.joining(", "))));
      join(
          text,
          "; ",
          blocks.entrySet().stream()
              .sorted(Map.Entry.comparingByKey())
              .map(entry -> entry.getKey() + " must keep away from " + entry.getValue())
              .collect(Collectors.joining("; ")));
      return text.toString();
    }

    private static void join(StringBuilder text, String separator, String more) {
      if (!more.isEmpty()) {
        text.append(separator).append(more);
      }
    }
  }

  /**
   * A move from the same source is under way, and the request is not for what it does.
   *
   * @param source name of the source
   * @param temporaryVolume the move
   * @param difference what the request asks for beyond it, or what the move does beyond the request
   */
  record MoveInProgress(String source, String temporaryVolume, String difference)
      implements Rejection {
    @Override
    public String message() {
      return "a move from \"%s\" is in progress (%s), and %s: restart or abort it first"
          .formatted(source, temporaryVolume, difference);
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
              .formatted(needed, room)
          + ": to move less at once takes less";
    }
  }
}
