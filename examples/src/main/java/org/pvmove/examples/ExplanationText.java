// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.pvmove.lvm.PeRange;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Remedy;

/** An explanation as users read it. */
final class ExplanationText {
  /** More than a line holds is counted only. */
  private static final int RANGES_SHOWN = 4;

  private ExplanationText() {}

  /** The lines of an explanation, for that terminal. */
  static ImmutableList<String> lines(Explanation explanation, Terminal terminal) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add(terminal.heading(heading(explanation)));
    if (explanation.standing().isEmpty()) {
      lines.add("Nothing stands on it.");
    } else {
      lines.add(terminal.heading("What stands on it:"));
      lines.addAll(standing(explanation));
    }
    return lines
        .addAll(
            explanation.result() instanceof PlanResult.Rejected rejected
                ? rejection(rejected, terminal)
                : plan(explanation))
        .build();
  }

  private static String heading(Explanation explanation) {
    return "%s of volume group %s: %s, %s, %d used, %d free%s"
        .formatted(
            explanation.name(),
            explanation.volumeGroup(),
            Texts.size(explanation.extentSize().toBytes(explanation.extents())),
            Texts.count(explanation.extents(), "extent"),
            explanation.used(),
            explanation.free(),
            explanation.allocatable() ? "" : ", not allocatable");
  }

  private static ImmutableList<String> standing(Explanation explanation) {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"LV", "extents here", "where", "carries"});
    for (Explanation.Standing lv : explanation.standing()) {
      rows.add(
          new String[] {
            lv.logicalVolume(),
            Long.toString(lv.extents()),
            ranges(lv.runs()),
            String.join(", ", lv.carries())
          });
    }
    return Texts.table(rows);
  }

  private static String ranges(List<PeRange> runs) {
    String shown =
        runs.stream()
            .limit(RANGES_SHOWN)
            .map(run -> Texts.extents(run.first(), run.count()))
            .collect(Collectors.joining(", "));
    int more = runs.size() - RANGES_SHOWN;
    return more > 0 ? shown + " and " + Texts.count(more, "run") + " more" : shown;
  }

  private static ImmutableList<String> plan(Explanation explanation) {
    MovePlan plan = explanation.result().orElseThrow();
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add(
        "What moving takes: %s (%s) in %s, %s; a crash makes %s be copied again at most."
            .formatted(
                Texts.count(plan.cost().extents(), "extent"),
                Texts.size(plan.cost().bytes()),
                Texts.count(plan.segments().size(), "segment"),
                Texts.count(plan.commits(explanation.checkpointBytes()), "metadata commit"),
                Texts.size(plan.repeatedBytes(explanation.checkpointBytes()))));
    explanation
        .destinations()
        .forEach(
            (name, count) ->
                lines.add("  to %s: %s".formatted(name, Texts.count(count, "extent"))));
    for (MovePlan.Skipped skip : plan.skipped()) {
      lines.add("  %s would stay: %s".formatted(skip.logicalVolume(), skip.reason().text()));
    }
    return lines.build();
  }

  private static ImmutableList<String> rejection(PlanResult.Rejected rejected, Terminal terminal) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add(terminal.heading("What is in the way of moving:"));
    for (Rejection reason : rejected.reasons()) {
      lines.add("  " + terminal.trouble(reason.message()));
    }
    for (Remedy remedy : rejected.remedies()) {
      lines.add("  What would help: " + remedy.message() + PlanText.option(remedy));
    }
    return lines.build();
  }
}
