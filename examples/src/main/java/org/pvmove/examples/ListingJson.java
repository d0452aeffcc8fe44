// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.edit.Pvmove;

/** A listing as programs read it. */
final class ListingJson {
  private ListingJson() {}

  /** The lines of the object. */
  static ImmutableList<String> lines(Listing listing) {
    return JsonText.object(
        json -> {
          JsonText.objects(json, "volume_groups", listing.volumeGroups(), ListingJson::group);
          JsonText.objects(
              json,
              "orphans",
              listing.orphans(),
              (to, pv) -> {
                to.writeStringField("physical_volume", pv.name());
                to.writeStringField("id", pv.id().toString());
                to.writeNumberField("bytes", pv.bytes());
              });
          JsonText.objects(json, "left_out", listing.leftOut(), ListingJson::leftOut);
          JsonText.objects(json, "unreadable", listing.unreadable(), ListingJson::leftOut);
        });
  }

  private static void leftOut(JsonGenerator json, Groups.LeftOut out) throws IOException {
    json.writeStringField("device", out.device());
    json.writeStringField("reason", out.reason());
  }

  private static void group(JsonGenerator json, Listing.Group group) throws IOException {
    json.writeStringField("volume_group", group.name());
    json.writeStringField("id", group.id().toString());
    json.writeNumberField("seqno", group.seqno());
    json.writeNumberField("extent_bytes", group.extentSize().bytes());
    JsonText.objects(
        json,
        "physical_volumes",
        group.physicalVolumes(),
        (to, pv) -> {
          to.writeStringField("physical_volume", pv.name());
          to.writeStringField("id", pv.id().toString());
          to.writeNumberField("bytes", group.extentSize().toBytes(pv.extents()));
          to.writeNumberField("extents", pv.extents());
          to.writeNumberField("extents_used", pv.used());
          to.writeNumberField("extents_free", pv.free());
          to.writeBooleanField("allocatable", pv.allocatable());
          to.writeBooleanField("exported", pv.exported());
          to.writeBooleanField("missing", pv.missing());
        });
    JsonText.objects(
        json,
        "logical_volumes",
        group.logicalVolumes(),
        (to, lv) -> {
          to.writeStringField("logical_volume", lv.name());
          to.writeStringField("id", lv.id().toString());
          to.writeNumberField("bytes", group.extentSize().toBytes(lv.extents()));
          to.writeNumberField("extents", lv.extents());
          JsonText.strings(to, "flags", lv.flags());
          JsonText.objects(to, "segments", lv.segments(), ListingJson::segment);
        });
    JsonText.objects(
        json,
        "moves",
        group.moves(),
        (to, move) -> move(to, move.source(), move.move(), group.extentSize()));
    JsonText.strings(json, "findings", group.findings());
    JsonText.strings(json, "refusals", group.refusals());
  }

  private static void segment(JsonGenerator json, Listing.Part segment) throws IOException {
    json.writeNumberField("first", segment.first());
    json.writeNumberField("count", segment.count());
    json.writeStringField("type", segment.type());
    if (segment.extentsMoved() != null) {
      json.writeNumberField("extents_moved", segment.extentsMoved());
    }
    JsonText.objects(
        json,
        "areas",
        segment.places(),
        (to, place) -> {
          to.writeStringField(
              place.physical() ? "physical_volume" : "logical_volume", place.volume());
          to.writeNumberField("first", place.first());
          to.writeNumberField("count", place.count());
        });
    JsonText.strings(json, "uses", segment.uses());
  }

  private static void move(JsonGenerator json, String source, Pvmove move, ExtentSize extentSize)
      throws IOException {
    json.writeStringField("move", move.name());
    json.writeStringField("source", source);
    json.writeBooleanField("atomic", move.atomic());
    json.writeNumberField("segments", move.pieces().size());
    json.writeNumberField("segments_done", PlanText.segmentsDone(move));
    json.writeNumberField("extents", move.extentCount());
    json.writeNumberField("extents_done", PlanText.extentsDone(move));
    json.writeNumberField("bytes", extentSize.toBytes(move.extentCount()));
    json.writeNumberField("bytes_done", extentSize.toBytes(PlanText.extentsDone(move)));
  }
}
