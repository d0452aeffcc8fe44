// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.plan.MoveRequest;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what is to be moved, and where to. */
final class MoveOptions {
  /** Their names. */
  static final ImmutableSet<String> NAMES =
      ImmutableSet.of(
          "--name",
          "--exclude",
          "--also-from",
          "--alloc",
          "--cling-tags",
          "--atomic",
          "--strict",
          "--larger-blocks",
          "--max-segment");

  @Option(
      names = {"-n", "--name"},
      paramLabel = "LV",
      description =
          "Move only the extents of this logical volume and of what it is made of: LV, VG/LV or"
              + " /dev/VG/LV. Parts may be named too, such as pool_tmeta or r_rimage_0. Repeatable.")
  private List<String> logicalVolumes = new ArrayList<>();

  @Option(
      names = "--exclude",
      paramLabel = "LV",
      description = "Leave this logical volume, and what it is made of, where it is. Repeatable.")
  private List<String> excluded = new ArrayList<>();

  @Option(
      names = "--also-from",
      paramLabel = "PV[:PE...]",
      description = "Move from this physical volume too, in the same move. Repeatable.")
  private List<String> moreSources = new ArrayList<>();

  @Option(
      names = "--alloc",
      paramLabel = "POLICY",
      converter = PolicyWord.class,
      description =
          "How to choose extents: contiguous, cling, cling_by_tags, normal, anywhere, or inherit for"
              + " what the volume group says, which is the default. With anywhere, extents may stay"
              + " on the source, and what is kept apart for redundancy may come together.")
  private AllocationPolicy policy = AllocationPolicy.INHERIT;

  @Option(
      names = "--cling-tags",
      split = ",",
      paramLabel = "TAG",
      description =
          "The tags that count for --alloc cling_by_tags, as allocation/cling_tag_list of"
              + " lvm.conf(5) lists them; all by default.")
  private List<String> clingTags = new ArrayList<>();

  @Option(
      names = "--atomic",
      description =
          "Move everything or nothing: no extent has a new place before all are copied, and a move"
              + " that is given up goes back as a whole.")
  private boolean atomic;

  @Option(
      names = "--strict",
      description =
          "Move nothing if a logical volume on the source would have to be left out, instead of"
              + " skipping it.")
  private boolean strict;

  @Option(
      names = "--larger-blocks",
      description =
          "Allow destinations whose logical blocks are larger than those of the source. Not every"
              + " file system works there.")
  private boolean largerBlocks;

  @Option(
      names = "--max-segment",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "The longest run copied between two checkpoints, which is what a crash makes copy again:"
              + " a number with one of the units b, s, k, m, g, t, or none for MiB; 1g by default.")
  private @Nullable Long maxSegmentBytes;

  /** Whether tags are given that do not count. */
  boolean hasUselessTags() {
    return !clingTags.isEmpty() && policy != AllocationPolicy.CLING_BY_TAGS;
  }

  /**
   * What was asked for, in the words of the command line.
   *
   * @param physicalVolumes the source, and the destinations
   */
  MoveRequest request(List<String> physicalVolumes) {
    MoveRequest.Builder request =
        MoveRequest.from(physicalVolumes.get(0), moreSources.toArray(new String[0]))
            .to(physicalVolumes.subList(1, physicalVolumes.size()))
            .logicalVolumes(logicalVolumes)
            .without(excluded)
            .policy(policy)
            .clingTags(clingTags.stream().map(MoveOptions::withoutAtSign).toList())
            .atomic(atomic)
            .strict(strict)
            .largerBlocks(largerBlocks);
    if (maxSegmentBytes != null) {
      request.maxSegmentBytes(maxSegmentBytes);
    }
    return request.build();
  }

  /** In lvm.conf(5) tags have one. */
  private static String withoutAtSign(String tag) {
    return tag.startsWith("@") ? tag.substring(1) : tag;
  }

  /** Reads a word that pvmove(8) knows for an allocation policy. */
  static final class PolicyWord implements ITypeConverter<AllocationPolicy> {
    @Override
    public AllocationPolicy convert(String word) {
      for (AllocationPolicy policy : AllocationPolicy.values()) {
        if (policy.word().equals(word)) {
          return policy;
        }
      }
      throw new TypeConversionException(
          "expected one of %s, found \"%s\""
              .formatted(
                  Arrays.stream(AllocationPolicy.values())
                      .map(AllocationPolicy::word)
                      .collect(Collectors.joining(", ")),
                  word));
    }
  }
}
