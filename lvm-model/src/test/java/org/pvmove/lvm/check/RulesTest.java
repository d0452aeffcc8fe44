// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataText;

/**
 * Real volume groups with one thing made wrong, and the violation that follows: each row says
 * behind what the change is made, what is replaced, by what, and the violation expected.
 */
class RulesTest {
  private static void expect(
      String fixture, String behind, String part, String by, String violation) {
    assertThat(VolumeGroupCheck.check(spoilt(fixture, behind, part, by)))
        .extracting(found -> found.severity() + " " + found)
        .contains(violation);
  }

  /** The group with the first occurrence of {@code part} behind {@code behind} replaced. */
  private static VolumeGroup spoilt(String fixture, String behind, String part, String by) {
    String text = new String(Fixtures.metadataText(fixture), StandardCharsets.ISO_8859_1);
    String sought = lines(part);
    int from = ("\n" + text).indexOf("\n" + behind);
    assertThat(from).as(behind).isNotNegative();
    int at = text.indexOf(sought, from);
    assertThat(at).as(sought).isNotNegative();
    String spoilt = text.substring(0, at) + lines(by) + text.substring(at + sought.length());
    return MetadataText.parse(spoilt.getBytes(StandardCharsets.ISO_8859_1)).volumeGroup();
  }

  private static String lines(String text) {
    return text.replace("\\n", "\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vgg | vgg { | -vg { | UNREADABLE volume group -vg: expected a name of 1 to 127 of a-z A-Z 0-9 _ . - +, not beginning with '-', not "." or "..", found "-vg"
          vgg | vgg { | .. { | UNREADABLE volume group ..: expected a name of 1 to 127 of a-z A-Z 0-9 _ . - +, not beginning with '-', not "." or "..", found ".."
          vgg | "WRITE" | "WRITE", "NEW" | UNREADABLE volume group vgg: expected only known status words, found "NEW"
          vgg | flags = [] | flags = ["NEW"] | NOTICE volume group vgg: expected only known words in flags (LVM2 ignores others), found "NEW"
          vgg | "WRITE" | "WRITE", "CLUSTERED" | UNREADABLE volume group vgg: expected a group that is not clustered (clvmd is gone), found CLUSTERED
          vgg | "WRITE" | "WRITE", "PARTIAL" | UNWRITABLE volume group vgg: expected the whole volume group, found PARTIAL
          vgg | flags = [] | flags = []\\ntags = ["a b"] | UNWRITABLE volume group vgg: expected tags of one or more of a-z A-Z 0-9 _ + . - / = ! : & #, found "a b"
          vgg | flags = [] | flags = []\\ntags = [""] | UNWRITABLE volume group vgg: expected tags of one or more of a-z A-Z 0-9 _ + . - / = ! : & #, found ""
          vgg | flags = [] | flags = []\\ntags = ["a", "a"] | NOTICE volume group vgg: expected every tag once, found tag "a" again
          vgg | seqno = 4 | seqno = 0 | NOTICE volume group vgg: expected a seqno above 0, found 0
          vgg | seqno = 4 | seqno = 4294967295 | UNWRITABLE volume group vgg: expected a seqno below 4294967295 (the next would wrap), found 4294967295
          vgg | extent_size = 128 | extent_size = 100 | NOTICE volume group vgg: expected an extent size that is a power of two or a multiple of 128 KiB, found 100 sectors
          vgg | max_lv = 0 | max_lv = 2 | NOTICE volume group vgg: expected at most max_lv = 2 visible volumes, found 3
          vgg | max_pv = 0 | max_pv = 1 | NOTICE volume group vgg: expected at most max_pv = 1 volumes, found 2
          vgg | max_pv = 0 | max_pv = 0\\nallocation_policy = "cling_by_tags" | NOTICE volume group vgg: expected allocation policy cling (LVM2 reads it so), found cling_by_tags
          vgg | flags = [] | flags = []\\nlock_args = "1.0.0:x" | UNWRITABLE volume group vgg: expected no lock_args without a lock_type, found "1.0.0:x"
          vgg | flags = [] | flags = []\\nlock_type = "none"\\nlock_args = "1.0.0:x" | UNWRITABLE volume group vgg: expected no lock_args without a lock_type, found "1.0.0:x"
          vgg | flags = [] | flags = []\\nlock_type = "clvm" | UNWRITABLE volume group vgg: expected lock_type none, sanlock, dlm or idm, found "clvm"
          vgg | flags = [] | flags = []\\nlock_type = "dlm" | UNWRITABLE volume group vgg: expected lock_args for lock_type dlm, found none
          vgg | flags = [] | flags = []\\nsystem_id = "h"\\nlock_type = "dlm"\\nlock_args = "1.0.0:x" | UNWRITABLE volume group vgg: expected no system_id in a group with lock_type dlm, found "h"
          vgg | pe_count = 44 | pe_count = 4294967295 | UNWRITABLE volume group vgg: expected at most 4294967295 physical extents, found 4294967339
          """)
  void judgesVolumeGroups(String behind, String part, String by, String violation) {
    expect("g-base", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vgg | pv1 { | pv0 { | UNREADABLE physical volume /dev/loop5: expected a section name of its own, found "pv0", which another physical volume has
          vgg | iENq43-R8iv-MR1k-UtvF-JNEf-fZAi-egADi9 | ouGpji-dfOo-M52Z-Zuti-lSi2-vU4o-1biLni | UNWRITABLE physical volume /dev/loop5: expected a uuid of its own, found ouGpji-dfOo-M52Z-Zuti-lSi2-vU4o-1biLni, the uuid of physical volume /dev/loop4 in section "pv0"
          vgg | "ALLOCATABLE" | "ALLOCATABLE", "READ" | UNREADABLE physical volume /dev/loop4: expected only known status words, found "READ"
          pv0 | flags = [] | flags = ["NEW"] | NOTICE physical volume /dev/loop4: expected only known words in flags (LVM2 ignores others), found "NEW"
          pv0 | flags = [] | flags = []\\ntags = ["@"] | UNWRITABLE physical volume /dev/loop4: expected tags of one or more of a-z A-Z 0-9 _ + . - / = ! : & #, found "@"
          vgg | "RESIZEABLE" | "EXPORTED" | NOTICE physical volume /dev/loop4: expected EXPORTED on the group and all its physical volumes or on none, found it on the group only
          vgg | "ALLOCATABLE" | "EXPORTED" | NOTICE physical volume /dev/loop4: expected EXPORTED on the group and all its physical volumes or on none, found it on this physical volume only
          vgg | pe_start = 256 | pe_start = 3 | UNWRITABLE physical volume /dev/loop4: expected pe_start behind the label, at sector 4 or later, found sector 3
          vgg | dev_size = 6144 | dev_size = 5887 | NOTICE physical volume /dev/loop4: expected dev_size of at least 5888 sectors for pe_start 256 and 44 extents, found 5887 sectors
          vgg | dev_size = 6144 | dev_size = 5631 | UNWRITABLE physical volume /dev/loop4: expected dev_size of at least 5888 sectors for pe_start 256 and 44 extents, found 5631 sectors
          vgg | dev_size = 6144\\npe_start = 256 | pe_start = 9223372036854775807 | UNWRITABLE physical volume /dev/loop4: expected extents that end within 2^63 bytes, found 9223372036854775807 sectors
          vgg | pe_count = 44 | pe_count = 44\\nba_size = 8 | UNREADABLE physical volume /dev/loop4: expected both or none of ba_start and ba_size, found ba_size only
          vgg | pe_count = 44 | pe_count = 44\\nba_start = 250\\nba_size = 8 | UNWRITABLE physical volume /dev/loop4: expected a bootloader area outside the extents in sectors 256 to 5887, found sectors 250 to 257
          vgg | pe_count = 44 | pe_count = 8 | UNREADABLE logical volume lv3, segment 1: expected areas within the 8 extents of physical volume /dev/loop4, found extents 7 to 8
          """)
  void judgesPhysicalVolumes(String behind, String part, String by, String violation) {
    expect("g-base", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vgg | lv3 { | lv1 { | UNREADABLE logical volume lv1: expected a name of its own, found another logical volume of this name
          vgg | IOGfQr-JIyV-Pezl-Bksa-e1a7-bpo0-AD9t4t | RhL0Hx-vzRW-MqI1-h0Qu-3kdv-jvcT-64IK14 | UNWRITABLE logical volume lv3: expected a uuid of its own, found RhL0Hx-vzRW-MqI1-h0Qu-3kdv-jvcT-64IK14, the uuid of logical volume lv1
          vgg | lv3 { | l$ { | UNWRITABLE logical volume l$: expected a name of 1 to 127 of a-z A-Z 0-9 _ . - +, not beginning with '-', not "." or "..", found "l$"
          vgg | lv3 { | nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn { | UNWRITABLE logical volume nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn: expected at most 124 characters in the names of the group and the volume, found 125
          vgg | lv3 { | pv0 { | NOTICE logical volume pv0: expected a name that is not also the section name of a physical volume, found "pv0"
          lv1 | "VISIBLE" | "VISIBLE", "NEW" | UNREADABLE logical volume lv1: expected only known status words, found "NEW"
          lv1 | "VISIBLE" | "VISIBLE", "ACTIVATION_SKIP" | UNREADABLE logical volume lv1: expected only known status words, found "ACTIVATION_SKIP"
          lv1 | flags = [] | flags = ["LOCKED"] | NOTICE logical volume lv1: expected only known words in flags (LVM2 ignores others), found "LOCKED"
          lv1 | flags = [] | flags = ["ERROR_WHEN_FULL"] | UNREADABLE logical volume lv1: expected ERROR_WHEN_FULL on thin pools only, found it on another kind
          lv1 | `"READ", ` | `` | NOTICE logical volume lv1: expected status READ, found [WRITE, VISIBLE]
          lv1 | , "VISIBLE" | `` | NOTICE logical volume lv1: expected a hidden volume to be used by another, found none that uses it
          vgg | lv3 { | x_tdata { | NOTICE logical volume x_tdata: expected a name that LVM2 does not keep for parts of volumes, found "x_tdata"
          lv1 | creation_host = "vm"\\n | `` | UNREADABLE logical volume lv1: expected both or none of creation_time and creation_host, found creation_time only
          lv1 | "VISIBLE" | "VISIBLE", "FIXED_MINOR" | UNREADABLE logical volume lv1: expected a minor number with FIXED_MINOR, found none
          lv1 | flags = [] | flags = []\\nlock_args = "1.0.0:1" | UNWRITABLE logical volume lv1: expected no lock_args in a group that is not shared, found "1.0.0:1"
          lv1 | flags = [] | flags = []\\ntags = ["-", "a,"] | UNWRITABLE logical volume lv1: expected tags of one or more of a-z A-Z 0-9 _ + . - / = ! : & #, found "a,"
          lv1 | "VISIBLE" | "VISIBLE", "LOCKED" | NOTICE logical volume lv1: expected LOCKED on volumes that are being moved only, found no part of it on a move's volume
          """)
  void judgesLogicalVolumes(String behind, String part, String by, String violation) {
    expect("g-base", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          snap2 { | snap2 { | x_pmspare { | UNREADABLE logical volume lvol0_pmspare: expected one hidden _pmspare volume in the group, found logical volume x_pmspare as well
          """)
  void judgesLogicalVolumesInStacks(String behind, String part, String by, String violation) {
    expect("d2-thin-cache-snap", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          lv1 | start_extent = 0 | start_extent = 1 | UNREADABLE logical volume lv1, segment 1: expected start_extent 0, where the segment before it ends, found 1
          lv1 | type = "striped" | type = "striped"\\ntags = [" "] | UNWRITABLE logical volume lv1, segment 1: expected tags of one or more of a-z A-Z 0-9 _ + . - / = ! : & #, found " "
          lv1 | type = "striped" | type = "striped+RESHAPE" | UNREADABLE logical volume lv1, segment 1: expected no word that does not fit its type striped, found "RESHAPE"
          lv1 | "VISIBLE" | "VISIBLE", "CROP_METADATA" | UNREADABLE logical volume lv1, segment 1: expected no word that does not fit its type striped, found "CROP_METADATA"
          lv1 | type = | reshape_count = 1\\ntype = | UNREADABLE logical volume lv1, segment 1: expected reshape_count in raid segments only, found 1
          lv1 | "striped" | "wonder" | UNWRITABLE logical volume lv1, segment 1: expected a type this library knows, found "wonder"
          lv2 | extent_count = 6 | extent_count = 5 | UNREADABLE logical volume lv2, segment 1: expected a length that 2 stripes divide, found 5 extents
          lv2 | stripe_size = 128 | stripe_size = 0 | NOTICE logical volume lv2, segment 1: expected a stripe_size that is a power of two, found 0 sectors
          lv2 | "pv1", 0 | "pv0", 20 | NOTICE logical volume lv2, segment 1: expected its areas on different physical volumes, found two on ouGpji-dfOo-M52Z-Zuti-lSi2-vU4o-1biLni
          lv3 { | "pv0", 7 | "pv0", 3 | UNREADABLE physical volume /dev/loop4: expected every extent to be used once, found extents 3 to 3 used by logical volume lv1, segment 1 and by logical volume lv3, segment 1
          lv3 { | "pv0", 7 | "pv0", 43 | UNREADABLE logical volume lv3, segment 1: expected areas within the 44 extents of physical volume /dev/loop4, found extents 43 to 44
          lv3 { | "pv0", 7 | "pv9", 7 | UNREADABLE logical volume lv3, segment 1: expected logical volumes of this volume group, found "pv9"
          lv3 { | "pv0", 7 | "lv3", 0 | UNREADABLE logical volume lv3, segment 1: expected another logical volume to stand on, found itself
          lv3 { | "pv0", 7 | "lv1", 0 | NOTICE logical volume lv3, segment 1: expected to stand on hidden volumes, found visible logical volume lv1
          lv3 { | "pv0", 7 | "lv1", 3 | UNWRITABLE logical volume lv3, segment 1: expected areas within the 4 extents of logical volume lv1, found extents 3 to 4
          """)
  void judgesSegments(String behind, String part, String by, String violation) {
    expect("g-base", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          lvol0_pmspare | "pv0", 80 | "org", 0 | NOTICE logical volume lvol0_pmspare, segment 2: expected to stand on hidden volumes, found visible logical volume org
          tp { | segment_count = 1\\n | segment_count = 2\\nx {\\nstart_extent = 16\\nextent_count = 1\\ntype = "zero"\\n}\\n | UNREADABLE logical volume tp, segment 2: expected a thin-pool segment to be the only one, found 2 segments
          """)
  void judgesSegmentsInStacks(String behind, String part, String by, String violation) {
    expect("d2-thin-cache-snap", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          mir_disk { | region_size = 4096 | region_size = 3 | UNREADABLE logical volume mir_disk, segment 1: expected a region_size that is a power of two, found 3 sectors
          mir_core { | region_size = 4096\\n | `` | UNREADABLE logical volume mir_core, segment 1: expected a region_size that is a power of two, found none
          mir_disk { | region_size = 4096 | region_size = 8192 | UNREADABLE logical volume mir_disk, segment 1: expected a region_size of at most 4096 sectors, the volume's size, found 8192 sectors
          mir_disk { | "mir_disk_mimage_1", 0 | "mir_disk_mimage_1", 1 | UNREADABLE logical volume mir_disk, segment 1: expected images used from extent 0, found mir_disk_mimage_1:1
          mir_disk { | "mir_disk_mimage_1" | "mir_disk_mlog" | UNREADABLE logical volume mir_disk, segment 1: expected images of 8 extents, its own length, found 1 in "mir_disk_mlog"
          mir_disk { | "mir_disk_mimage_1" | "mir_core_mimage_1" | UNREADABLE logical volume mir_disk, segment 1: expected no other use of its mirror image, found "mir_core_mimage_1" used elsewhere
          mir_disk { | region_size | extents_moved = 0\\nregion_size | UNWRITABLE logical volume mir_disk, segment 1: expected extents_moved in volumes with PVMOVE only, found 0
          """)
  void judgesMirrors(String behind, String part, String by, String violation) {
    expect("d1-mirror-raid", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          r1 { | region_size = 4096 | region_size = 5 | UNREADABLE logical volume r1, segment 1: expected a region_size that is a power of two, found 5 sectors
          r0 { | stripe_size = 128 | stripe_size = 100 | UNREADABLE logical volume r0, segment 1: expected a stripe_size that is a power of two, found 100 sectors
          r0 { | stripe_size = 128 | stripe_size = 128\\nregion_size = 4096 | UNREADABLE logical volume r0, segment 1: expected no region_size in a raid0 segment, found 4096 sectors
          r1 { | region_size | stripe_size = 128\\nregion_size | UNREADABLE logical volume r1, segment 1: expected no stripe_size in a raid1 segment, found 128 sectors
          r5 { | region_size | writebehind = 3\\nregion_size | UNREADABLE logical volume r5, segment 1: expected no writebehind in a raid5 segment, found 3
          r5 { | region_size | data_copies = 2\\nregion_size | UNREADABLE logical volume r5, segment 1: expected no data_copies in a raid5 segment, found 2
          r10 { | data_copies = 2 | data_copies = 4294967295 | UNREADABLE logical volume r10, segment 1: expected data_copies from 1 to the number of images, found 4294967295
          r1b { | min_recovery_rate = 64 | min_recovery_rate = 513 | UNREADABLE logical volume r1b, segment 1: expected min_recovery_rate of at most max_recovery_rate = 512, found 513
          r5 { | region_size | data_offset = 1\\nregion_size | UNREADABLE logical volume r5, segment 1: expected data_offset with RESHAPE_DATA_OFFSET only, found 1 sectors without it
          r5 { | type = "raid5" | type = "raid5+RESHAPE_DATA_OFFSET"\\ndata_offset = 2 | UNREADABLE logical volume r5, segment 1: expected a data_offset of whole extents of 512 sectors, found 2 sectors
          r5 { | "raid5" | "raid6" | UNREADABLE logical volume r5, segment 1: expected 5 to 64 images in a raid6 segment, found 3
          r5 { | "raid5" | "raid10" | UNREADABLE logical volume r5, segment 1: expected 4 to 64 images in a raid10 segment, found 3
          r1 { | `"r1_rmeta_0", ` | `` | UNREADABLE logical volume r1, segment 1: expected a metadata volume for each image, found none for image 0
          r1 { | "r1_rimage_1" | "r1_rimage_0" | UNREADABLE logical volume r1, segment 1: expected no other use of its image, found "r1_rimage_0" used elsewhere
          r1 { | "r1_rimage_1" | "r0_rimage_1" | UNREADABLE logical volume r1, segment 1: expected every image as long as "r1_rimage_0", 8 extents, found "r0_rimage_1" of 4 extents
          r1_rimage_0 { | "WRITE" | "WRITE", "VISIBLE" | UNREADABLE logical volume r1, segment 1: expected hidden parts, found visible logical volume r1_rimage_0
          r1 { | extent_count = 8 | extent_count = 7 | NOTICE logical volume r1, segment 1: expected images of 7 extents, found logical volume r1_rimage_0 (8 extents)
          r1 { | extent_count = 8 | extent_count = 9 | UNWRITABLE logical volume r1, segment 1: expected areas within the 8 extents of logical volume r1_rimage_0, found extents 0 to 8
          r1int_rimage_0 { | "r1int_rimage_0_iorig" | "mir_disk_mlog" | UNREADABLE logical volume r1int_rimage_0, segment 1: expected an origin named …_iorig, found "mir_disk_mlog"
          """)
  void judgesRaids(String behind, String part, String by, String violation) {
    expect("d1-mirror-raid", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          snapshot0 { | cow_store = "snap" | cow_store = "org" | UNREADABLE logical volume snapshot0, segment 1: expected an origin and a store that differ, found "org" as both
          snapshot0 { | cow_store = "snap" | cow_store = "snap2" | UNREADABLE logical volume snapshot0, segment 1: expected no other use of its store, found "snap2" used elsewhere
          snapshot0 { | extent_count = 16 | extent_count = 15 | NOTICE logical volume snapshot0, segment 1: expected the length of its origin, 16 extents, found 15 extents
          snapshot0 { | chunk_size = 8 | chunk_size = 9 | NOTICE logical volume snapshot0, segment 1: expected a chunk_size that is a power of two, found 9 sectors
          """)
  void judgesSnapshots(String behind, String part, String by, String violation) {
    expect("d2-thin-cache-snap", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          tp { | chunk_size = 128 | chunk_size = 64 | UNREADABLE logical volume tp, segment 1: expected a chunk_size that is a multiple of 128 sectors from 128 to 2097152, found 64 sectors
          tp { | chunk_size = 128 | chunk_size = 2097280 | UNREADABLE logical volume tp, segment 1: expected a chunk_size that is a multiple of 128 sectors from 128 to 2097152, found 2097280 sectors
          tp { | "nopassdown" | "no" | UNREADABLE logical volume tp, segment 1: expected discards passdown, nopassdown or ignore, found "no"
          tp { | metadata = "tp_tmeta" | metadata = "org" | UNREADABLE logical volume tp, segment 1: expected a metadata volume named …_tmeta, found "org"
          tp { | pool = "tp_tdata" | pool = "tp_tmeta" | UNREADABLE logical volume tp, segment 1: expected no other use of its data volume, found "tp_tmeta" used elsewhere
          tp { | discards | message1 {\\ncreate = "org"\\n}\\ndiscards | UNREADABLE logical volume tp, segment 1: expected messages that create thin volumes of this group, found "org"
          tp { | discards | message1 {\\ndelete = 16777216\\n}\\ndiscards | UNREADABLE logical volume tp, segment 1: expected messages that delete a device id up to 16777215, found 16777216
          thin1 { | "tp" | "org" | UNREADABLE logical volume thin1, segment 1: expected a thin pool as its pool, found "org"
          thin1 { | device_id = 1 | device_id = 16777216 | UNREADABLE logical volume thin1, segment 1: expected a device_id from 0 to 16777215, found 16777216
          extorg { | "READ" | "READ", "WRITE" | UNREADABLE logical volume text, segment 1: expected an external origin that is read-only, found writable logical volume extorg
          tsnap { | origin = "thin1" | origin = "thin1"\\nmerge = "org" | UNREADABLE logical volume tsnap, segment 1: expected to be merged into a thin volume, found "org"
          tsnap { | origin = "thin1" | origin = "nowhere" | UNREADABLE logical volume tsnap, segment 1: expected logical volumes of this volume group, found "nowhere"
          """)
  void judgesThinVolumes(String behind, String part, String by, String violation) {
    expect("d2-thin-cache-snap", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          cpool_cpool { | metadata_format = 1 | metadata_format = 3 | UNREADABLE logical volume cpool_cpool, segment 1: expected metadata_format 1 or 2, found 3
          cpool_cpool { | metadata_format = 1 | metadata_format = 2 | UNREADABLE logical volume cpool_cpool, segment 1: expected METADATA_FORMAT with metadata_format 2 and not otherwise, found 2 without it
          cpool_cpool { | chunk_size = 128 | chunk_size = 100 | UNREADABLE logical volume cpool_cpool, segment 1: expected a chunk_size that is a multiple of 64 sectors from 64 to 2097152, found 100 sectors
          cpool_cpool { | "writethrough" | "write" | UNREADABLE logical volume cpool_cpool, segment 1: expected cache_mode writethrough, writeback or passthrough, found "write"
          cpool_cpool { | policy = "smq"\\n | `` | UNREADABLE logical volume cpool_cpool, segment 1: expected a policy for policy_settings, found none
          cpool_cpool { | metadata = "cpool_cpool_cmeta" | metadata = "org" | UNREADABLE logical volume cpool_cpool, segment 1: expected a metadata volume named …_cmeta, found "org"
          corg { | cache_pool = "cpool_cpool" | cache_pool = "org" | UNREADABLE logical volume corg, segment 1: expected a cache pool as cache, found "org"
          corg { | origin = | chunk_size = 128\\norigin = | UNREADABLE logical volume corg, segment 1: expected the settings of the cache in the cache pool, found them here
          cv_main { | cache_pool = "cvol_cvol" | cache_pool = "cpool_cpool" | UNREADABLE logical volume cv_main, segment 1: expected a plain volume as cache, found the cache pool "cpool_cpool"
          cv_main { | metadata_start = 0\\n | `` | UNREADABLE logical volume cv_main, segment 1: expected settings, metadata_start, metadata_len, data_start and data_len of the cache, found none
          cv_main { | chunk_size = 128\\n | `` | NOTICE logical volume cv_main, segment 1: expected a chunk_size of the cache, found none
          cvol_cvol { | flags = ["CACHE_VOL"] | flags = [] | UNREADABLE logical volume cv_main, segment 1: expected CACHE_VOL on the volume used as cache, found []
          wc_fast_cvol { | flags = ["CACHE_VOL"] | flags = [] | UNREADABLE logical volume wc_main, segment 1: expected CACHE_VOL on the volume used as cache, found []
          wc_main { | writecache_block_size = 4096 | writecache_block_size = 1024 | NOTICE logical volume wc_main, segment 1: expected writecache_block_size 512 or 4096, found 1024
          wc_main { | origin = "wc_main_wcorig" | origin = "cv_main_corig" | UNREADABLE logical volume wc_main, segment 1: expected no other use of its origin, found "cv_main_corig" used elsewhere
          """)
  void judgesCaches(String behind, String part, String by, String violation) {
    expect("d2-thin-cache-snap", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vpool0 { | bio_threads = 4 | bio_threads = 0 | UNREADABLE logical volume vpool0, segment 1: expected bio_threads in [1..100], found 0
          vpool0 { | bio_threads = 4\\n | `` | UNREADABLE logical volume vpool0, segment 1: expected a number for bio_threads, found none
          vpool0 { | minimum_io_size = 4096 | minimum_io_size = 8 | UNREADABLE logical volume vpool0, segment 1: expected minimum_io_size 512 or 4096, found 8
          vpool0 { | logical_threads = 1 | logical_threads = 0 | UNREADABLE logical volume vpool0, segment 1: expected hash_zone_threads, logical_threads and physical_threads all zero or none, found some zero
          vpool0 { | write_policy = async | write_policy = later | UNREADABLE logical volume vpool0, segment 1: expected write_policy auto, sync, async or async-unsafe, found "later"
          vdolv { | vdo_pool = "vpool0" | vdo_pool = "org" | UNREADABLE logical volume vdolv, segment 1: expected a vdo pool as its pool, found "org"
          vdolv { | vdo_offset = 0 | vdo_offset = 1 | NOTICE logical volume vdolv, segment 1: expected to end within the 40 virtual extents of its pool, found extents 1 to 40
          """)
  void judgesVdo(String behind, String part, String by, String violation) {
    expect("d4-handwritten", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          hsnap { | origin = "thin2" | origin = "nowhere" | UNREADABLE historical logical volume hsnap: expected an origin in this volume group, found "nowhere"
          hsnap { | origin = "thin2" | origin = "-nowhere" | UNREADABLE historical logical volume hsnap: expected an origin in this volume group, found "-nowhere"
          hsnap { | "hsnap2" | "nowhere" | UNREADABLE historical logical volume hsnap: expected descendants in this volume group, found "nowhere"
          hsnap { | origin = "thin2"\\ndescendants = ["hsnap2"]\\n | `` | UNWRITABLE historical logical volume hsnap: expected an origin or descendants, found neither
          hsnap { | hsnap { | org { | UNWRITABLE historical logical volume org: expected a name that no live volume has, found a live volume of this name
          hsnap { | V625uR-2lxv-Lqyg-kml3-oAHI-uUFK-WMAd4m | BrzZoN-N5hd-jS5a-nULU-3W6t-R7ZS-z3hSfZ | UNWRITABLE historical logical volume hsnap: expected a uuid of its own, found BrzZoN-N5hd-jS5a-nULU-3W6t-R7ZS-z3hSfZ, which another volume has
          hsnap { | removal_time | name = "-"\\nremoval_time | UNWRITABLE historical logical volume -: expected a legal name, found "-"
          """)
  void judgesHistory(String behind, String part, String by, String violation) {
    expect("d2-thin-cache-snap", behind, part, by, violation);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          pvmove0 { | , "LOCKED" | `` | UNWRITABLE logical volume pvmove0: expected LOCKED with PVMOVE, found [READ, WRITE, PVMOVE]
          pvmove0 { | "WRITE" | "WRITE", "VISIBLE" | NOTICE logical volume pvmove0: expected a move's volume to be hidden, found VISIBLE
          pvmove0 { | extents_moved = 0\\n | `` | UNWRITABLE logical volume pvmove0, segment 1: expected extents_moved in a move's mirror, found none
          pvmove0 { | extents_moved = 0 | extents_moved = 7 | UNWRITABLE logical volume pvmove0, segment 1: expected extents_moved from 0 to 6, found 7
          pvmove0 { | extents_moved = 0 | extents_moved = 5 | NOTICE logical volume pvmove0, segment 1: expected extents_moved of 0 or 6 (it counts as 0), found 5
          pvmove0 { | region_size = 4096\\n | `` | UNREADABLE logical volume pvmove0, segment 1: expected a region_size that is a power of two, found none
          pvmove0 { | region_size = 4096 | region_size = 2048 | NOTICE logical volume pvmove0, segment 2: expected one region_size in all segments of a move, 2048 sectors, found 4096 sectors
          pvmove0 { | "pv2", 0 | "mir_mimage_1", 0 | UNWRITABLE logical volume pvmove0, segment 1: expected source and destination both physical or both logical volumes, found [lvM2Tb-omDh-pBV6-ZMiQ-haSv-PdYd-wSjl6g:0, mir_mimage_1:0]
          pvmove0 { | mirror_count = 2\\nextents_moved = 0\\nregion_size = 4096\\n\\nmirrors = [\\n"pv0", 0,\\n"pv2", 0\\n] | mirror_count = 1\\nextents_moved = 0\\nregion_size = 4096\\nmirrors = [\\n"pv0", 0\\n] | UNWRITABLE logical volume pvmove0, segment 1: expected a source and a destination, found 1 areas
          pvmove0 { | type = "mirror"\\nmirror_count = 2\\nextents_moved = 0\\nregion_size = 4096\\n\\nmirrors | type = "striped"\\nstripe_count = 2\\nstripe_size = 8\\nstripes | UNWRITABLE logical volume pvmove0, segment 1: expected one area, or a mirror of two, found striped with 2
          lin { | , "LOCKED" | `` | NOTICE logical volume lin, segment 1: expected LOCKED on a volume that is being moved, found [READ, WRITE, VISIBLE]
          two { | "pvmove0", 6 | "pvmove0", 7 | UNWRITABLE logical volume two, segment 1: expected areas that begin where a segment of "pvmove0" begins, found extent 7
          two { | extent_count = 3 | extent_count = 2 | UNWRITABLE logical volume two, segment 1: expected areas as long as the segment of "pvmove0" at extent 6, 3 extents, found 2
          two { | "pvmove0", 6 | "pvmove0", 0 | UNWRITABLE logical volume pvmove0: expected every extent to be used by one volume on top, found extents 0 to 2 used by logical volume lin, segment 1 and by logical volume two, segment 1
          mir { | "mir_mimage_0", 0 | "pvmove0", 0 | UNWRITABLE logical volume mir: expected a move's volume to be used for stripes only, found "pvmove0" as IMAGE
          pvmove0 { | "READ", "WRITE", "PVMOVE", "LOCKED" | "READ", "WRITE" | UNWRITABLE logical volume pvmove0, segment 1: expected extents_moved in volumes with PVMOVE only, found 0
          """)
  void judgesMoves(String behind, String part, String by, String violation) {
    expect("d3-pvmove", behind, part, by, violation);
  }
}
