// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableRangeSet;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Range;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveRepairs;

/**
 * What comes of a request while a move from the same source is under way: LVM2 carries that move
 * on, whatever else was asked for. Here the request joins it if that is what it asks for, and is
 * rejected if not.
 */
final class Joining {
  private final VolumeGroup vg;
  private final LvGraph graph;
  private final MoveRequest request;
  private final AllocationPolicy policy;
  private final Surroundings surroundings;
  private final Arguments arguments;
  private final Selection selection;

  Joining(
      VolumeGroup vg,
      LvGraph graph,
      MoveRequest request,
      AllocationPolicy policy,
      Surroundings surroundings,
      Arguments arguments,
      Selection selection) {
    this.vg = vg;
    this.graph = graph;
    this.request = request;
    this.policy = policy;
    this.surroundings = surroundings;
    this.arguments = arguments;
    this.selection = selection;
  }

  /** What such a move has locked would look as if nobody could ever move it. */
  private void requireNoneHalfEnded() {
    for (LogicalVolume lv : vg.pvmoveVolumes()) {
      if (PvmoveRepairs.isHalfEnded(lv)) {
        throw new LvmException(
            "expected moves in volume group %s that can be carried on, found that %s was interrupted"
                    .formatted(vg.name(), lv.name())
                + " while it ended: restart or abort moves first");
      }
    }
  }

  /** The plan that carries a move on, or why not; null if no move from a source is under way. */
  @Nullable PlanResult result() {
    requireNoneHalfEnded();
    List<Rejection> reasons = new ArrayList<>();
    List<Pvmove> moves = new ArrayList<>();
    for (Pvmove move : Pvmove.allOf(vg)) {
      PeRange shared = fromSources(move);
      if (shared != null) {
        moves.add(move);
        String difference = difference(move);
        if (difference != null) {
          reasons.add(
              new Rejection.MoveInProgress(
                  surroundings.names().of(shared.pv()), move.name(), difference));
        }
      }
    }
    if (moves.isEmpty()) {
      return null;
    }
    if (reasons.isEmpty() && moves.size() > 1) {
      for (Pvmove move : moves) {
        reasons.add(
            new Rejection.MoveInProgress(
                surroundings.names().of(move.pieces().get(0).source().pv()),
                move.name(),
                "it is not the only one"));
      }
    }
    if (reasons.isEmpty() && request.strict()) {
      Rejection.LeavesSomething.of(skippedBeside(moves.get(0))).ifPresent(reasons::add);
    }
    return reasons.isEmpty()
        ? new PlanResult.Accepted(plan(moves.get(0)))
        : new PlanResult.Rejected(ImmutableList.copyOf(reasons), ImmutableList.of());
  }

  private @Nullable PeRange fromSources(Pvmove move) {
    for (Pvmove.Piece piece : move.pieces()) {
      if (arguments.sources().containsKey(piece.source().pv())) {
        return piece.source();
      }
    }
    return null;
  }

  private @Nullable String difference(Pvmove move) {
    if (request.atomic() && !move.atomic()) {
      return "it is not atomic as the request wants it";
    }
    Map<Long, String> users = RestOfMove.users(graph, move);
    Set<String> own = ImmutableSet.copyOf(users.values());
    for (Selection.Source source : Iterables.concat(selection.sources(), selection.locked())) {
      // What other moves have locked they will unlock again.
      if (!source.lv().isLocked() || own.contains(source.lv().name())) {
        return "it does not move %s of %s as the request wants it"
            .formatted(describe(source.range()), source.lv().name());
      }
    }
    for (Pvmove.Piece piece : move.pieces()) {
      ImmutableRangeSet<Long> asked = arguments.sources().get(piece.source().pv());
      String user = users.getOrDefault(piece.firstExtent(), move.name());
      if (asked == null
          || !asked.encloses(Range.closedOpen(piece.source().first(), piece.source().end()))
          || (arguments.only() != null && !arguments.only().contains(user))
          || arguments.excluded().contains(user)) {
        return "it moves %s of %s too, which the request does not ask for"
            .formatted(describe(piece.source()), user);
      }
      if (!isWanted(piece.destination())) {
        return "it goes to %s, where the request does not want it"
            .formatted(describe(piece.destination()));
      }
    }
    return null;
  }

  private boolean isWanted(PeRange destination) {
    if (policy != AllocationPolicy.ANYWHERE && arguments.sources().containsKey(destination.pv())) {
      return false;
    }
    ImmutableRangeSet<Long> wanted = arguments.destinations().get(destination.pv());
    return request.destinations().isEmpty()
        || (wanted != null
            && wanted.encloses(Range.closedOpen(destination.first(), destination.end())));
  }

  private String describe(PeRange range) {
    return "%s:%d-%d"
        .formatted(surroundings.names().of(range.pv()), range.first(), range.end() - 1);
  }

  private MovePlan plan(Pvmove move) {
    ImmutableList<MovePlan.Segment> segments = RestOfMove.of(graph, move);
    Forecast forecast = Forecast.ofRest(vg, move.name(), surroundings);
    return new MovePlan(
        vg.name(),
        vg.id(),
        vg.seqno(),
        vg.extentSize().bytes(),
        move.name(),
        true,
        move.atomic(),
        segments,
        skippedBeside(move),
        ImmutableMap.of(),
        forecast.cost(segments, vg.extentSize(), move.atomic()));
  }

  /** What stays on the source, but not what the move itself has locked. */
  private ImmutableList<MovePlan.Skipped> skippedBeside(Pvmove move) {
    Set<String> own = Stacks.above(graph, move.name());
    Set<String> images = new HashSet<>();
    vg.logicalVolume(move.name()).stream()
        .flatMap(lv -> lv.segments().stream())
        .flatMap(segment -> segment.type().references().stream())
        .forEach(image -> images.add(image.lv()));
    return selection.skipped().stream()
        .filter(
            skip -> !own.contains(skip.logicalVolume()) && !images.contains(skip.logicalVolume()))
        .collect(ImmutableList.toImmutableList());
  }
}
