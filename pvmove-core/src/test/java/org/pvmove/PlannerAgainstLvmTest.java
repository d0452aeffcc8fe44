// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static com.google.common.collect.ImmutableSet.toImmutableSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.google.common.collect.ImmutableSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.SkipReason;

/**
 * Real pvmove(8) and this library plan the same moves in the same volume groups. What LVM2 plans is
 * read from the disks: without device-mapper it stops behind its first checkpoint, which is the
 * plan.
 *
 * <p>{@code -Dpvmove.oracle.cases=N} says how many moves, {@code -Dpvmove.oracle.seed=N} with which
 * seed the first of them is made; those after it have the seeds that follow. The figures of a long
 * run are in {@code docs/interop.md}.
 */
class PlannerAgainstLvmTest {
  private static final int CASES = Integer.getInteger("pvmove.oracle.cases", 40);
  private static final String VG = RandomCase.VG;
  private static final Path DOCUMENT = Path.of("..", "docs", "interop.md");

  /** A refusal that comes before LVM2 looks at what is to be moved. */
  private static final String ALL_FULL = "No specified PVs have space available.";

  /** What the images of raids, mirrors and atomic moves are called, and what belongs to them. */
  private static final Pattern IMAGE = Pattern.compile(".*_(rimage|rmeta|mimage|mlog).*");

  private static final ImmutableSet<SkipReason> VETOES =
      ImmutableSet.of(
          SkipReason.CONVERTING, SkipReason.MERGING, SkipReason.INTEGRITY, SkipReason.WRITECACHE);

  private enum Outcome {
    BOTH("both accept"),
    LVM("only LVM2 accepts"),
    OURS("only this library accepts"),
    NONE("none accepts");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }
  }

  private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
  private final Map<PlannerDifference, Integer> differences =
      new EnumMap<>(PlannerDifference.class);
  private long ourPieces;
  private long theirPieces;
  private int joined;
  private int compared;
  private int moreForRedundancy;
  private int theirsBreak;
  private int checkpoints;

  /** What LVM2 made of it. */
  private record Theirs(LvmTools.Result result, StoredVolumeGroup stored, List<Pvmove> begun) {
    VolumeGroup vg() {
      return stored.volumeGroup();
    }

    boolean accepted() {
      return result.status() == 0;
    }
  }

  @Tag("tools")
  @Test
  void plansWhatLvmPlansOrBetter(@TempDir Path directory) throws Exception {
    long seed = Long.getLong("pvmove.oracle.seed", 1);
    System.out.printf("%d moves, the first with seed %d%n", CASES, seed);
    try (LvmTools lvm = RandomCase.startLvm(directory)) {
      Map<Long, AssertionError> failures = new LinkedHashMap<>();
      for (int i = 0; i < CASES; i++) {
        try {
          compare(lvm, seed + i);
        } catch (AssertionError e) {
          failures.put(seed + i, e);
        }
      }
      if (!failures.isEmpty()) {
        System.out.println("Failed with the seeds " + failures.keySet());
        throw failures.values().iterator().next();
      }
      printFigures(lvm.succeed("version").get(0));
    }
    if (CASES >= 100) {
      assertThat(outcomes.keySet()).contains(Outcome.BOTH, Outcome.OURS, Outcome.NONE);
      assertThat(ourPieces).isLessThan(theirPieces);
    }
  }

  /** Where a move to the source is under way, whose segments LVM2 takes for a mirror. */
  @Tag("tools")
  @Test
  void explainsWhatLvmRefusesBesideAMoveToTheSource(@TempDir Path directory) throws Exception {
    try (LvmTools lvm = RandomCase.startLvm(directory)) {
      compare(lvm, 22841627423458L);
    }
    assertThat(differences).containsOnlyKeys(PlannerDifference.RULES_OUT_WHOLE_VOLUMES);
  }

  @Test
  void documentsEveryKindOfDifference() throws Exception {
    List<String> lines = Files.readAllLines(DOCUMENT);
    for (PlannerDifference kind : PlannerDifference.values()) {
      assertThat(lines)
          .as(kind.name())
          .anyMatch(
              line ->
                  line.matches(
                      "\\| \\Q%s\\E \\| +\\d+ \\| \\Q%s\\E \\|"
                          .formatted(kind.title(), kind.reason())));
    }
  }

  private void printFigures(String version) {
    System.out.println(version);
    outcomes.forEach((outcome, count) -> System.out.printf("| %s | %d |%n", outcome.text, count));
    System.out.printf("| both carry on a move under way | %d |%n", joined);
    System.out.printf(
        "%d plans for the same in %d pieces, LVM2's in %d; where the same may not be done, ours have"
            + " more in %d; LVM2 breaks redundancy in %d; it takes %d checkpoints of ours%n",
        compared, ourPieces, theirPieces, moreForRedundancy, theirsBreak, checkpoints);
    differences.forEach(
        (kind, count) ->
            System.out.printf("| %s | %d | %s |%n", kind.title(), count, kind.reason()));
  }

  private void compare(LvmTools lvm, long seed) throws Exception {
    Random random = new Random(seed);
    RandomCase made = RandomCase.make(lvm, random);
    try {
      lvm.succeedSilently("vgck", VG);
      Theirs theirs = ask(lvm, made);
      PlanResult ours = Planner.plan(made.vg(), made.request().request());
      count(compare(made, theirs, ours));
      if (ours instanceof PlanResult.Accepted accepted && !accepted.plan().joined()) {
        letLvmCheck(lvm, made, theirs.stored(), accepted.plan(), random);
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed %d (repeat it with -Dpvmove.oracle.cases=1 -Dpvmove.oracle.seed=%d)%n%s%n%s"
              .formatted(seed, seed, e.getMessage(), made.describe()),
          e);
    }
  }

  private static Theirs ask(LvmTools lvm, RandomCase made) throws Exception {
    LvmTools.Result result = lvm.run(made.request().command().toArray(new String[0]));
    StoredVolumeGroup stored = RandomCase.with(made.disks(), set -> set.scan().volumeGroup(VG));
    List<Pvmove> begun = new ArrayList<>();
    for (LogicalVolume lv : stored.volumeGroup().pvmoveVolumes()) {
      if (made.vg().logicalVolume(lv.name()).isEmpty()) {
        begun.add(Pvmove.of(stored.volumeGroup(), lv));
      }
    }
    assertThat(stored.volumeGroup().seqno() - made.vg().seqno())
        .as("commits of LVM2: %s", result)
        .isEqualTo(begun.size());
    assertThat(begun).hasSizeLessThanOrEqualTo(result.status() == 0 ? 1 : 0);
    return new Theirs(result, stored, begun);
  }

  /** Puts our first checkpoint on the disks; LVM2 must have nothing to say against it. */
  private void letLvmCheck(
      LvmTools lvm, RandomCase made, StoredVolumeGroup onDisk, MovePlan plan, Random random)
      throws Exception {
    VolumeGroup begun = begin(made.vg(), plan, random);
    RandomCase.with(
        made.disks(),
        set -> {
          StoredVolumeGroup stored = set.scan().volumeGroup(VG);
          assertThat(stored.volumeGroup()).isEqualTo(onDisk.volumeGroup());
          return set.commit(stored, begun, SmallGroup.header("begun"));
        });
    assertThat(lvm.succeedSilently("vgck", VG)).isEmpty();
    checkpoints++;
  }

  private static VolumeGroup begin(VolumeGroup vg, MovePlan plan, Random random) {
    return PvmoveEdits.begin(
        vg, PvmoveEdits.Origin.random(random, "host", 1_700_000_000L), plan.moves(), plan.atomic());
  }

  private void count(Set<PlannerDifference> kinds) {
    kinds.forEach(kind -> differences.merge(kind, 1, Integer::sum));
  }

  private Set<PlannerDifference> compare(RandomCase made, Theirs theirs, PlanResult ours) {
    boolean weAccept = ours instanceof PlanResult.Accepted;
    Outcome outcome =
        theirs.accepted()
            ? weAccept ? Outcome.BOTH : Outcome.LVM
            : weAccept ? Outcome.OURS : Outcome.NONE;
    outcomes.merge(outcome, 1, Integer::sum);
    if (breaks(made, theirs)) {
      theirsBreak++;
    }
    if (ours instanceof PlanResult.Accepted accepted) {
      checkPlan(made, accepted.plan());
      return theirs.accepted()
          ? comparePlans(made, theirs, accepted.plan())
          : Set.of(whyRefused(made, theirs.result(), accepted.plan()));
    }
    PlanResult.Rejected rejected = (PlanResult.Rejected) ours;
    if (theirs.accepted()) {
      return Set.of(whyWeRefuse(made, theirs, rejected));
    }
    if (!theirs.result().errors().contains(ALL_FULL)) {
      // It must not be that LVM2 cannot read what was made.
      known(made, theirs.result());
    }
    return Set.of();
  }

  private static PlannerDifference known(RandomCase made, LvmTools.Result result) {
    return PlannerDifference.ofRefusal(result.errors(), policy(made))
        .orElseThrow(() -> new AssertionError("a refusal that is not known: " + result));
  }

  private static PlannerDifference whyRefused(
      RandomCase made, LvmTools.Result result, MovePlan plan) {
    PlannerDifference kind = known(made, result);
    if (kind == PlannerDifference.THIN_VOLUME_NAMED) {
      assertThat(made.request().request().logicalVolumes())
          .as("named, while %s", result)
          .allMatch(
              name ->
                  made.vg().logicalVolume(name).stream()
                      .flatMap(lv -> lv.segments().stream())
                      .allMatch(segment -> segment.type() instanceof SegmentType.Thin))
          .isNotEmpty();
    } else if (kind == PlannerDifference.RULES_OUT_WHOLE_VOLUMES) {
      Set<String> moves =
          made.vg().pvmoveVolumes().stream().map(LogicalVolume::name).collect(toImmutableSet());
      assertThat(LvGraph.of(made.vg()).standingOn(plan.segments().get(0).source().pv()))
          .as("on the source, while %s", result)
          .anyMatch(name -> IMAGE.matcher(name).matches() || moves.contains(name));
    }
    return kind;
  }

  /** By which policy LVM2 plans. */
  private static AllocationPolicy policy(RandomCase made) {
    AllocationPolicy policy = made.request().request().policy();
    if (policy == AllocationPolicy.INHERIT) {
      policy = made.vg().allocationPolicy();
    }
    if (policy == null) {
      return AllocationPolicy.NORMAL;
    }
    return policy == AllocationPolicy.CLING_BY_TAGS ? AllocationPolicy.CLING : policy;
  }

  /** A plan goes where it was asked to go, and keeps apart what is apart. */
  private static void checkPlan(RandomCase made, MovePlan plan) {
    if (plan.joined()) {
      return;
    }
    ExtentMap extents = ExtentMap.of(made.vg());
    for (MovePlan.Segment segment : plan.segments()) {
      PeRange to = segment.destination();
      assertThat(made.request().allows(to)).as("asked for %s", to).isTrue();
      assertThat(extents.free(to.pv()))
          .as("free around %s", to)
          .anyMatch(free -> free.first() <= to.first() && to.end() <= free.end());
      assertThat(made.vg().physicalVolume(to.pv()).stream())
          .as("allocatable: %s", to)
          .allMatch(PhysicalVolume::isAllocatable);
      if (policy(made) != AllocationPolicy.ANYWHERE) {
        assertThat(to.pv()).isNotEqualTo(segment.source().pv());
      }
    }
    if (policy(made) != AllocationPolicy.ANYWHERE) {
      assertThat(meetings(made, plan)).as("images that our plan brings together").isEmpty();
    }
  }

  private static boolean breaks(RandomCase made, Theirs theirs) {
    return !Redundancy.pairs(made.vg()).containsAll(Redundancy.pairs(theirs.vg()));
  }

  /** The images that our plan brings together. */
  private static Set<Redundancy.Meeting> meetings(RandomCase made, MovePlan plan) {
    return Redundancy.meetings(begin(made.vg(), plan, new Random(0)), plan.moves());
  }

  /** The images that LVM2 brings together. */
  private static Set<Redundancy.Meeting> meetings(Theirs theirs) {
    return Redundancy.meetings(theirs.vg(), moves(theirs.begun().get(0)));
  }

  private static List<PvmoveEdits.Move> moves(Pvmove move) {
    return move.pieces().stream()
        .map(piece -> new PvmoveEdits.Move(piece.source(), piece.destination()))
        .toList();
  }

  /** Extents as {@code volume:number}, in the order of moving. */
  private static List<String> extents(List<PeRange> ranges) {
    List<String> extents = new ArrayList<>();
    for (PeRange range : ranges) {
      for (long i = range.first(); i < range.end(); i++) {
        extents.add(range.pv() + ":" + i);
      }
    }
    return extents;
  }

  private static List<PeRange> sources(Pvmove move) {
    return move.pieces().stream().map(Pvmove.Piece::source).toList();
  }

  private static List<PeRange> sources(MovePlan plan) {
    return plan.segments().stream().map(MovePlan.Segment::source).toList();
  }

  private Set<PlannerDifference> comparePlans(RandomCase made, Theirs theirs, MovePlan plan) {
    assertThat(plan.joined()).as("joined, as LVM2 does").isEqualTo(theirs.begun().isEmpty());
    if (plan.joined()) {
      joined++;
      return Set.of();
    }
    Pvmove move = theirs.begun().get(0);
    assertThat(plan.move()).isEqualTo(move.name());
    assertThat(plan.atomic()).isEqualTo(move.atomic());
    Set<PlannerDifference> kinds = new LinkedHashSet<>();
    List<String> own = extents(sources(plan));
    List<String> other = extents(sources(move));
    Set<String> images = extentsOf(made.vg(), imagesOfMoves(made.vg()));
    if (!Collections.disjoint(other, images)) {
      kinds.add(PlannerDifference.LEAVES_IMAGES_OF_A_MOVE);
      other.removeAll(images);
    }
    assertThat(byRun(made.vg(), own))
        .as("extents that leave the source, in order")
        .isEqualTo(byRun(made.vg(), other));
    if (!meetings(made, plan).containsAll(meetings(theirs))) {
      kinds.add(PlannerDifference.KEEPS_IMAGES_APART);
    }
    if (kinds.isEmpty()) {
      compared++;
      ourPieces += plan.segments().size();
      theirPieces += move.pieces().size();
      if (plan.segments().size() < move.pieces().size()) {
        kinds.add(PlannerDifference.FEWER_PIECES);
      } else if (plan.segments().size() > move.pieces().size()) {
        assertThat(anywhereOnly(made))
            .as("pieces: %s, LVM2's: %s", plan.segments(), move.pieces())
            .isTrue();
        kinds.add(PlannerDifference.MORE_PIECES);
      }
    } else if (plan.segments().size() > move.pieces().size()) {
      moreForRedundancy++;
    }
    if (images.isEmpty()) {
      compareCheckpoints(made, theirs, move);
    }
    return kinds;
  }

  /** Whether no other policy finds a place for what is asked for. */
  private static boolean anywhereOnly(RandomCase made) {
    MoveRequest normal =
        made.request().request().toBuilder().policy(AllocationPolicy.NORMAL).build();
    return policy(made) == AllocationPolicy.ANYWHERE
        && Planner.plan(made.vg(), normal) instanceof PlanResult.Rejected;
  }

  /** The same plan leads to the same metadata, but for time and place. */
  private static void compareCheckpoints(RandomCase made, Theirs theirs, Pvmove move) {
    PvmoveEdits.Origin origin = new PvmoveEdits.Origin(move.id(), move.id(), move.id(), "host", 0);
    VolumeGroup ours =
        Segments.mergedAsRead(PvmoveEdits.begin(made.vg(), origin, moves(move), move.atomic()));
    assertThat(shapes(ours)).isEqualTo(shapes(theirs.vg()));
  }

  private static Map<String, List<Object>> shapes(VolumeGroup vg) {
    Map<String, List<Object>> shapes = new TreeMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      shapes.put(lv.name(), List.of(lv.flags(), lv.segments()));
    }
    return shapes;
  }

  /** The images of atomic moves that are under way. */
  private static Set<String> imagesOfMoves(VolumeGroup vg) {
    Set<String> images = new LinkedHashSet<>();
    for (LogicalVolume lv : vg.pvmoveVolumes()) {
      lv.segments()
          .forEach(
              segment ->
                  segment.type().references().forEach(reference -> images.add(reference.lv())));
    }
    return images;
  }

  private static Set<String> extentsOf(VolumeGroup vg, Set<String> lvs) {
    List<PeRange> ranges = new ArrayList<>();
    ExtentMap extents = ExtentMap.of(vg);
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      extents.uses(pv.id()).stream()
          .filter(use -> lvs.contains(use.lv().name()))
          .forEach(use -> ranges.add(use.range()));
    }
    return new LinkedHashSet<>(extents(ranges));
  }

  /**
   * Joins what was cut: puts behind each other the extents of one stripe of a segment. Where
   * stripes that move together are cut, the cuts go through all of them, one row after the other.
   */
  private static List<String> byRun(VolumeGroup vg, List<String> extents) {
    Map<String, String> runOf = new HashMap<>();
    ExtentMap map = ExtentMap.of(Segments.mergedAsRead(vg));
    for (PhysicalVolume pv : vg.physicalVolumes()) {
      for (ExtentMap.Use use : map.uses(pv.id())) {
        String run = use.lv().name() + " " + use.segment().firstExtent() + " " + use.area();
        extents(List.of(use.range())).forEach(extent -> runOf.put(extent, run));
      }
    }
    Map<String, List<String>> runs = new LinkedHashMap<>();
    for (String extent : extents) {
      runs.computeIfAbsent(runOf.getOrDefault(extent, extent), run -> new ArrayList<>())
          .add(extent);
    }
    return runs.values().stream().flatMap(List::stream).toList();
  }

  private static PlannerDifference whyWeRefuse(
      RandomCase made, Theirs theirs, PlanResult.Rejected rejected) {
    if (theirs.begun().isEmpty()) {
      assertThat(rejected.reasons()).hasOnlyElementsOfType(Rejection.MoveInProgress.class);
      return PlannerDifference.JOINS_ANYTHING;
    }
    for (Rejection reason : rejected.reasons()) {
      if (reason instanceof Rejection.NothingToMove nothing) {
        Set<String> moved = new LinkedHashSet<>(extents(sources(theirs.begun().get(0))));
        moved.removeAll(extentsOf(made.vg(), imagesOfMoves(made.vg())));
        if (moved.isEmpty()) {
          return PlannerDifference.MOVES_ONLY_IMAGES_OF_A_MOVE;
        }
        Set<String> vetoed = new LinkedHashSet<>();
        nothing.skipped().stream()
            .filter(skip -> VETOES.contains(skip.reason()))
            .forEach(skip -> vetoed.add(skip.logicalVolume()));
        moved.removeAll(extentsOf(made.vg(), vetoed));
        if (moved.isEmpty() && !made.request().request().logicalVolumes().isEmpty()) {
          return PlannerDifference.LOOKS_ONLY_AT_THE_NAMED;
        }
      }
      if (reason instanceof Rejection.NotEnoughSpace) {
        if (!meetings(theirs).isEmpty()) {
          return breaks(made, theirs)
              ? PlannerDifference.PUTS_IMAGES_TOGETHER
              : PlannerDifference.LEAVES_IMAGES_TOGETHER;
        }
      }
    }
    return fail(
        "LVM2 accepts what this library refuses, because %s; LVM2: %s",
        rejected.reasons(), theirs.begun());
  }
}
