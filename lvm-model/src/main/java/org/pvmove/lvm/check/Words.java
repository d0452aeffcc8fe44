// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import com.google.common.collect.ImmutableSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pvmove.lvm.StatusFlags;

/** The status words that LVM2 knows for each kind of object, and how it judges others. */
enum Words {
  VOLUME_GROUP(
      ImmutableSet.of(
          "EXPORTED", "RESIZEABLE", "PVMOVE", "READ", "WRITE", "CLUSTERED", "SHARED", "PARTIAL"),
      ImmutableSet.of("WRITE_LOCKED", "NOAUTOACTIVATE")),
  PHYSICAL_VOLUME(
      ImmutableSet.of("ALLOCATABLE", "EXPORTED", "MISSING"), ImmutableSet.of("MISSING")),
  LOGICAL_VOLUME(
      ImmutableSet.of(
          "READ",
          "WRITE",
          "FIXED_MINOR",
          "VISIBLE",
          "PVMOVE",
          "LOCKED",
          "NOTSYNCED",
          "REBUILD",
          "WRITEMOSTLY",
          "CACHE_VOL"),
      ImmutableSet.of(
          "WRITE_LOCKED", "ACTIVATION_SKIP", "NOAUTOACTIVATE", "ERROR_WHEN_FULL", "CACHE_VOL"));

  /** Words about a reshape, which LVM2 writes behind the type of a raid. */
  static final ImmutableSet<String> RESHAPE_WORDS =
      ImmutableSet.of(
          "RESHAPE",
          "RESHAPE_DATA_OFFSET",
          "RESHAPE_DELTA_DISKS_PLUS",
          "RESHAPE_DELTA_DISKS_MINUS",
          "REMOVE_AFTER_RESHAPE");

  /** Words that LVM2 writes behind the type of a segment, but reads in a volume's status too. */
  static final ImmutableSet<String> TYPE_WORDS =
      ImmutableSet.<String>builder()
          .addAll(RESHAPE_WORDS)
          .add("METADATA_FORMAT", "CROP_METADATA", "CACHE_USES_CACHEVOL")
          .build();

  private final ImmutableSet<String> status;
  private final ImmutableSet<String> compatible;

  Words(ImmutableSet<String> status, ImmutableSet<String> compatible) {
    this.status = status;
    this.compatible = compatible;
  }

  void check(String object, StatusFlags flags, Findings out) {
    for (String word : flags.status()) {
      if (!status.contains(word) && !(this == LOGICAL_VOLUME && TYPE_WORDS.contains(word))) {
        out.unreadable(object, "only known status words", Names.quote(word));
      }
    }
    for (String word : flags.compatible()) {
      if (!compatible.contains(word)) {
        out.notice(object, "only known words in flags (LVM2 ignores others)", Names.quote(word));
      }
    }
  }

  static void checkTags(String object, List<String> tags, Findings out) {
    if (tags.isEmpty()) {
      return;
    }
    Set<String> seen = new HashSet<>();
    for (String tag : tags) {
      if (!Names.isLegalTag(tag)) {
        out.unwritable(
            object, "tags of one or more of a-z A-Z 0-9 _ + . - / = ! : & #", Names.quote(tag));
      } else if (!seen.add(tag)) {
        out.notice(object, "every tag once", "tag " + Names.quote(tag) + " again");
      }
    }
  }
}
