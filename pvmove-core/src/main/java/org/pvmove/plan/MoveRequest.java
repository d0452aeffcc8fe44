// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;

/**
 * What to move where; see pvmove(8). Immutable.
 *
 * <p>Physical volumes are named as {@link PvNames} says: by device, uuid or remembered path. Behind
 * a name may stand ranges of extents, as pvmove(8) writes them: {@code sda:0-99}, {@code
 * sda:1000-}, {@code sda:50+10:90+10}. Ranges that touch or overlap are one. A name that means a
 * physical volume as it stands is never taken apart; otherwise a backslash keeps a colon in the
 * name. Among the destinations {@code @tag} stands for all physical volumes with that tag.
 */
public final class MoveRequest {
  private static final long DEFAULT_MAX_SEGMENT_BYTES = 1L << 30;

  private final ImmutableList<String> sources;
  private final ImmutableList<String> destinations;
  private final ImmutableList<String> logicalVolumes;
  private final ImmutableSet<String> excluded;
  private final AllocationPolicy policy;
  private final ImmutableSet<String> clingTags;
  private final boolean atomic;
  private final boolean strict;
  private final boolean largerBlocks;
  private final long maxSegmentBytes;

  private MoveRequest(Builder builder) {
    this.sources = builder.sources;
    this.destinations = builder.destinations;
    this.logicalVolumes = builder.logicalVolumes;
    this.excluded = builder.excluded;
    this.policy = builder.policy;
    this.clingTags = builder.clingTags;
    this.atomic = builder.atomic;
    this.strict = builder.strict;
    this.largerBlocks = builder.largerBlocks;
    this.maxSegmentBytes = builder.maxSegmentBytes;
  }

  /**
   * Starts a request to move everything off physical volumes or ranges of their extents. LVM2 takes
   * one physical volume; this library takes several in one move.
   */
  public static Builder from(String sourcePv, String... more) {
    return new Builder(
        ImmutableList.<String>builder().add(sourcePv).addAll(Arrays.asList(more)).build());
  }

  /** The physical volumes to move from, with ranges. */
  public ImmutableList<String> sources() {
    return sources;
  }

  /**
   * The physical volumes to move to, with ranges, or tags, in order of preference; empty means any.
   */
  public ImmutableList<String> destinations() {
    return destinations;
  }

  /**
   * Names of the only logical volumes to move, with all that is below them, as {@code lv}, {@code
   * vg/lv} or {@code /dev/vg/lv}; parts of others, such as {@code pool_tmeta} or {@code
   * r_rimage_0}, may be named too. Empty for all.
   */
  public ImmutableList<String> logicalVolumes() {
    return logicalVolumes;
  }

  /** Names of logical volumes that stay where they are, with all that is below them. */
  public ImmutableSet<String> excluded() {
    return excluded;
  }

  /** How extents are chosen; {@code inherit} stands for the volume group's policy. */
  public AllocationPolicy policy() {
    return policy;
  }

  /**
   * The tags that count for {@code cling_by_tags}, as {@code allocation/cling_tag_list} of
   * lvm.conf(5) lists them, but without at-signs; empty if all count.
   */
  public ImmutableSet<String> clingTags() {
    return clingTags;
  }

  /** Whether the move takes effect as a whole or not at all. */
  public boolean atomic() {
    return atomic;
  }

  /** Whether the request is rejected if a logical volume on the source cannot be moved. */
  public boolean strict() {
    return strict;
  }

  /**
   * Whether extents may go to disks with larger logical blocks, which file systems and programs on
   * them may not be able to use.
   */
  public boolean largerBlocks() {
    return largerBlocks;
  }

  /**
   * Longest segment of a move in bytes: what a crash makes repeat at worst. Rounded down to whole
   * extents, at least one. Segments are longer where the metadata areas have no room for so many.
   */
  public long maxSegmentBytes() {
    return maxSegmentBytes;
  }

  /** A builder that starts from this request. */
  public Builder toBuilder() {
    Builder builder = new Builder(sources);
    builder.destinations = destinations;
    builder.logicalVolumes = logicalVolumes;
    builder.excluded = excluded;
    builder.policy = policy;
    builder.clingTags = clingTags;
    builder.atomic = atomic;
    builder.strict = strict;
    builder.largerBlocks = largerBlocks;
    builder.maxSegmentBytes = maxSegmentBytes;
    return builder;
  }

  private List<?> fields() {
    return Arrays.asList(
        sources,
        destinations,
        logicalVolumes,
        excluded,
        policy,
        clingTags,
        atomic,
        strict,
        largerBlocks,
        maxSegmentBytes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MoveRequest that && fields().equals(that.fields());
  }

  @Override
  public int hashCode() {
    return fields().hashCode();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("move ");
    text.append(logicalVolumes.isEmpty() ? "everything" : String.join(", ", logicalVolumes));
    if (!excluded.isEmpty()) {
      text.append(" but ").append(String.join(", ", excluded));
    }
    text.append(" from ").append(String.join(", ", sources));
    text.append(" to ");
    text.append(destinations.isEmpty() ? "anywhere else" : String.join(", ", destinations));
    if (policy != AllocationPolicy.INHERIT) {
      text.append(", policy ").append(policy.word());
    }
    if (!clingTags.isEmpty()) {
      text.append(", tags ").append(String.join(", ", clingTags));
    }
    text.append(atomic ? ", atomic" : "").append(strict ? ", strict" : "");
    return text.append(largerBlocks ? ", larger blocks allowed" : "").toString();
  }

  /** Collects a request; not thread-safe, reusable. */
  public static final class Builder {
    private final ImmutableList<String> sources;
    private ImmutableList<String> destinations = ImmutableList.of();
    private ImmutableList<String> logicalVolumes = ImmutableList.of();
    private ImmutableSet<String> excluded = ImmutableSet.of();
    private AllocationPolicy policy = AllocationPolicy.INHERIT;
    private ImmutableSet<String> clingTags = ImmutableSet.of();
    private boolean atomic;
    private boolean strict;
    private boolean largerBlocks;
    private long maxSegmentBytes = DEFAULT_MAX_SEGMENT_BYTES;

    private Builder(ImmutableList<String> sources) {
      this.sources = sources;
    }

    /** See {@link MoveRequest#destinations()}; none for any. */
    public Builder to(String... destinationPvs) {
      return to(Arrays.asList(destinationPvs));
    }

    /** See {@link MoveRequest#destinations()}. */
    public Builder to(Iterable<String> destinationPvs) {
      destinations = ImmutableList.copyOf(destinationPvs);
      return this;
    }

    /** See {@link MoveRequest#logicalVolumes()}; none for all. */
    public Builder logicalVolume(String... names) {
      return logicalVolumes(Arrays.asList(names));
    }

    /** See {@link MoveRequest#logicalVolumes()}. */
    public Builder logicalVolumes(Iterable<String> names) {
      logicalVolumes = ImmutableList.copyOf(names);
      return this;
    }

    /** See {@link MoveRequest#excluded()}. */
    public Builder without(Iterable<String> names) {
      excluded = ImmutableSet.copyOf(names);
      return this;
    }

    /** See {@link MoveRequest#policy()}; {@code inherit} by default. */
    public Builder policy(AllocationPolicy value) {
      policy = Objects.requireNonNull(value);
      return this;
    }

    /** See {@link MoveRequest#clingTags()}. */
    public Builder clingTags(Iterable<String> tags) {
      clingTags = ImmutableSet.copyOf(tags);
      return this;
    }

    /** See {@link MoveRequest#atomic()}; false by default. */
    public Builder atomic(boolean value) {
      atomic = value;
      return this;
    }

    /** See {@link MoveRequest#strict()}; false by default. */
    public Builder strict(boolean value) {
      strict = value;
      return this;
    }

    /** See {@link MoveRequest#largerBlocks()}; false by default. */
    public Builder largerBlocks(boolean value) {
      largerBlocks = value;
      return this;
    }

    /** See {@link MoveRequest#maxSegmentBytes()}; at least 1, 1 GiB by default. */
    public Builder maxSegmentBytes(long bytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("expected at least 1 byte, found " + bytes);
      }
      maxSegmentBytes = bytes;
      return this;
    }

    /** The request. */
    public MoveRequest build() {
      return new MoveRequest(this);
    }
  }
}
