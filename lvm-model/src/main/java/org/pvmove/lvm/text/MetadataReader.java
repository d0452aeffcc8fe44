// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.HistoricalLogicalVolume;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.lvm.VolumeGroup;

/** Builds the model from the nodes of a metadata text. */
final class MetadataReader {
  /** Far above the 127 that LVM2 allows. */
  private static final int MAX_NAME_LENGTH = 1024;

  /** Unknown nodes of the sections that only hold other sections are kept with the group's. */
  private final ImmutableListMultimap.Builder<String, ConfigNode> containerExtras =
      ImmutableListMultimap.builder();

  MetadataText read(ImmutableList<ConfigNode> nodes) {
    Fields top = new Fields("", nodes);
    String contents = top.requiredString("contents");
    if (!contents.equals(MetadataText.CONTENTS)) {
      throw top.error("contents", '"' + MetadataText.CONTENTS + '"', '"' + contents + '"');
    }
    Long version = top.required("version", top.integer("version"), "a number");
    if (version != MetadataText.VERSION) {
      throw top.error("version", Long.toString(MetadataText.VERSION), version.toString());
    }
    ConfigNode.Section section = null;
    for (ConfigNode node : nodes) {
      if (node instanceof ConfigNode.Section first) {
        section = first;
        break;
      }
    }
    if (section == null) {
      throw new MetadataFormatException("top level", "a section with a volume group", "none");
    }
    top.section(section.key());
    VolumeGroup vg = volumeGroup(top, section);
    MetadataHeader header =
        new MetadataHeader(
            top.string("description"),
            top.string("creation_host"),
            top.string("creation_host_system_id"),
            top.integer("creation_time"),
            top.extras());
    return new MetadataText(vg, header);
  }

  private VolumeGroup volumeGroup(Fields top, ConfigNode.Section section) {
    requireName(top, section.key());
    Fields in = top.inside(section.key(), section.nodes());
    String format = in.string("format");
    if (format != null && !format.equals("lvm2")) {
      throw in.error(
          "format", "\"lvm2\" (convert older formats with vgconvert(8))", '"' + format + '"');
    }
    LvmUuid id = uuid(in);
    long extentSize = in.requiredUnsigned32("extent_size");
    if (extentSize == 0) {
      throw in.error("extent_size", "a number of sectors above 0", "0");
    }
    ImmutableList<ConfigNode> pvNodes =
        in.required("physical_volumes", in.section("physical_volumes"), "a section");
    ImmutableList<PhysicalVolume> pvs =
        children(in, "physical_volumes", pvNodes, MetadataReader::physicalVolume);
    SegmentFields segmentFields = new SegmentFields(pvs);
    VolumeGroup.Builder vg =
        VolumeGroup.builder(section.key(), id, new ExtentSize(extentSize))
            .seqno(in.requiredUnsigned32("seqno"))
            .format(format)
            .flags(flags(in))
            .tags(in.stringsOrEmpty("tags"))
            .systemId(in.string("system_id"))
            .lockType(in.string("lock_type"))
            .lockArgs(in.string("lock_args"))
            .persistentReservation(in.stringsOrEmpty("pr"))
            .maxLv(in.requiredUnsigned32("max_lv"))
            .maxPv(in.requiredUnsigned32("max_pv"))
            .allocationPolicy(policy(in))
            .profile(in.string("profile"))
            .metadataCopies(in.unsigned32("metadata_copies"))
            .physicalVolumes(pvs)
            .logicalVolumes(
                children(
                    in,
                    "logical_volumes",
                    in.section("logical_volumes"),
                    (name, fields) -> logicalVolume(name, fields, segmentFields)))
            .historicalLogicalVolumes(
                children(
                    in,
                    "historical_logical_volumes",
                    in.section("historical_logical_volumes"),
                    MetadataReader::historicalLogicalVolume));
    return vg.extras(new Extras(containerExtras.putAll(in.extras().behind()).build())).build();
  }

  private <T> ImmutableList<T> children(
      Fields parent,
      String key,
      @Nullable ImmutableList<ConfigNode> nodes,
      BiFunction<String, Fields, T> read) {
    if (nodes == null) {
      return ImmutableList.of();
    }
    if (nodes.isEmpty()) {
      parent.leaveOut(key);
    }
    Fields container = parent.inside(key, nodes);
    ImmutableList.Builder<T> children = ImmutableList.builder();
    for (ConfigNode.Section child : container.sections()) {
      requireName(container, child.key());
      children.add(read.apply(child.key(), container.inside(child.key(), child.nodes())));
    }
    container
        .extras()
        .behind()
        .forEach((anchor, node) -> containerExtras.put(key + "/" + anchor, node));
    return children.build();
  }

  /** A name stands in many places of what is made of the text, though only in one of the text. */
  private static void requireName(Fields in, String name) {
    if (name.length() > MAX_NAME_LENGTH) {
      throw in.error(
          ConfigReader.abbreviate(name),
          "a name of at most " + MAX_NAME_LENGTH + " characters",
          name.length() + " characters");
    }
  }

  private static PhysicalVolume physicalVolume(String handle, Fields in) {
    return PhysicalVolume.builder(
            handle, uuid(in), in.requiredSectors("pe_start"), in.requiredUnsigned32("pe_count"))
        .device(in.string("device"))
        .deviceIdType(in.string("device_id_type"))
        .deviceId(in.string("device_id"))
        .flags(flags(in))
        .tags(in.stringsOrEmpty("tags"))
        .deviceSize(in.sectors("dev_size"))
        .bootloaderStart(in.sectors("ba_start"))
        .bootloaderSize(in.sectors("ba_size"))
        .extras(in.extras())
        .build();
  }

  private static LogicalVolume logicalVolume(String name, Fields in, SegmentFields segmentFields) {
    LogicalVolume.Builder lv =
        LogicalVolume.builder(name, uuid(in))
            .flags(flags(in))
            .tags(in.stringsOrEmpty("tags"))
            .creationTime(in.integer("creation_time"))
            .creationHost(in.string("creation_host"))
            .lockArgs(in.string("lock_args"))
            .allocationPolicy(policy(in))
            .profile(in.string("profile"))
            .readAhead(in.integer("read_ahead"))
            .major(in.integer("major"))
            .minor(in.integer("minor"));
    long announced = in.requiredUnsigned32("segment_count");
    List<Segment> segments = new ArrayList<>();
    for (ConfigNode.Section section : in.numberedSections("segment")) {
      segments.add(segment(in.inside(section.key(), section.nodes()), segmentFields));
    }
    if (segments.size() != announced) {
      throw in.error("segment_count", segments.size() + " (the segments there)", "" + announced);
    }
    return lv.segments(segments).extras(in.extras()).build();
  }

  private static Segment segment(Fields in, SegmentFields segmentFields) {
    long start = in.requiredUnsigned32("start_extent");
    long count = in.requiredUnsigned32("extent_count");
    if (count == 0) {
      throw in.error("extent_count", "at least one extent", "0");
    }
    String typeText = in.requiredString("type");
    ImmutableList<String> tags = in.stringsOrEmpty("tags");
    int plus = typeText.indexOf('+');
    String typeName = plus < 0 ? typeText : typeText.substring(0, plus);
    ImmutableList<String> typeFlags =
        plus < 0
            ? ImmutableList.of()
            : ImmutableList.copyOf(Splitter.on('+').split(typeText.substring(plus + 1)));
    if (SegmentFields.knowsFlags(typeFlags)) {
      SegmentType type = segmentFields.read(typeName, in);
      if (type != null) {
        return new Segment(start, count, typeFlags, tags, reshapeCount(in), type, in.extras());
      }
    }
    return new Segment(
        start,
        count,
        ImmutableList.of(),
        tags,
        0,
        new SegmentType.Unknown(typeText, in.takeRest()),
        Extras.NONE);
  }

  private static long reshapeCount(Fields in) {
    Long count = in.unsigned32("reshape_count");
    if (count == null || count == 0) {
      in.leaveOut("reshape_count");
      return 0;
    }
    return count;
  }

  private static HistoricalLogicalVolume historicalLogicalVolume(String key, Fields in) {
    return HistoricalLogicalVolume.builder(key, uuid(in))
        .statedName(in.string("name"))
        .creationTime(in.integer("creation_time"))
        .removalTime(in.integer("removal_time"))
        .origin(in.string("origin"))
        .descendants(in.stringsOrEmpty("descendants"))
        .extras(in.extras())
        .build();
  }

  private static LvmUuid uuid(Fields in) {
    String text = in.requiredString("id");
    try {
      return LvmUuid.parse(text);
    } catch (IllegalArgumentException e) {
      MetadataFormatException error =
          in.error("id", "a uuid of 32 characters", '"' + text + "\" (" + e.getMessage() + ")");
      error.initCause(e);
      throw error;
    }
  }

  private static StatusFlags flags(Fields in) {
    ImmutableList<String> status =
        in.required("status", in.strings("status"), "a list of status words");
    ImmutableList<String> compatible = in.strings("flags");
    return new StatusFlags(status, compatible == null ? ImmutableList.of() : compatible);
  }

  private static @Nullable AllocationPolicy policy(Fields in) {
    String word = in.string("allocation_policy");
    if (word == null) {
      return null;
    }
    // LVM2 takes a policy it does not know for normal, and warns.
    return AllocationPolicy.ofWord(word).orElse(AllocationPolicy.NORMAL);
  }
}
