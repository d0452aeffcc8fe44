// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Remedy;

/** An explanation as programs read it. */
final class ExplanationJson {
  private ExplanationJson() {}

  /** The lines of the object. */
  static ImmutableList<String> lines(Explanation explanation) {
    return JsonText.object(
        json -> {
          json.writeStringField("physical_volume", explanation.name());
          json.writeStringField("id", explanation.id().toString());
          json.writeStringField("volume_group", explanation.volumeGroup());
          json.writeNumberField("extent_bytes", explanation.extentSize().bytes());
          json.writeNumberField("bytes", explanation.extentSize().toBytes(explanation.extents()));
          json.writeNumberField("extents", explanation.extents());
          json.writeNumberField("extents_used", explanation.used());
          json.writeNumberField("extents_free", explanation.free());
          json.writeBooleanField("allocatable", explanation.allocatable());
          JsonText.objects(
              json, "logical_volumes", explanation.standing(), ExplanationJson::standing);
          if (explanation.result() instanceof PlanResult.Rejected rejected) {
            JsonText.object(json, "rejected", to -> rejection(to, rejected));
          } else {
            JsonText.object(json, "plan", to -> plan(to, explanation));
          }
        });
  }

  private static void standing(JsonGenerator json, Explanation.Standing lv) throws IOException {
    json.writeStringField("logical_volume", lv.logicalVolume());
    json.writeNumberField("extents", lv.extents());
    JsonText.objects(
        json,
        "runs",
        lv.runs(),
        (to, run) -> {
          to.writeNumberField("first", run.first());
          to.writeNumberField("count", run.count());
        });
    JsonText.strings(json, "carries", lv.carries());
  }

  private static void plan(JsonGenerator json, Explanation explanation) throws IOException {
    MovePlan plan = explanation.result().orElseThrow();
    json.writeNumberField("bytes", plan.cost().bytes());
    json.writeNumberField("extents", plan.cost().extents());
    json.writeNumberField("segments", plan.segments().size());
    json.writeNumberField("commits", plan.commits(explanation.checkpointBytes()));
    json.writeNumberField("repeated_bytes", plan.repeatedBytes(explanation.checkpointBytes()));
    JsonText.objects(
        json,
        "destinations",
        explanation.destinations().entrySet(),
        (to, destination) -> {
          to.writeStringField("physical_volume", destination.getKey());
          to.writeNumberField("extents", destination.getValue());
        });
    JsonText.objects(
        json,
        "skipped",
        plan.skipped(),
        (to, skip) -> {
          to.writeStringField("logical_volume", skip.logicalVolume());
          to.writeStringField("reason", PlanJson.word(skip.reason()));
        });
  }

  /** The members are those of a request that is rejected where it is to be carried out. */
  private static void rejection(JsonGenerator json, PlanResult.Rejected rejected)
      throws IOException {
    JsonText.strings(json, "reasons", rejected.reasons().stream().map(Rejection::message).toList());
    JsonText.strings(json, "remedies", rejected.remedies().stream().map(Remedy::message).toList());
  }
}
