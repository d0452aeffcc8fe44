// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.LvmCommandException;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.SystemPvmove;
import org.pvmove.io.Access;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.LvmCommand;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Planner;
import org.pvmove.plan.PvNames;
import org.pvmove.plan.SystemPlan;

/**
 * Real pvmove(8) is told our plans, and plans the same. Without device-mapper it stops behind its
 * first checkpoint, in which is all that it is going to do; this library carries that out, and the
 * next command follows.
 *
 * <p>{@code -Dpvmove.system.cases=N} says how many moves, {@code -Dpvmove.system.seed=N} with which
 * seed the first of them is made; those after it have the seeds that follow. The figures of a long
 * run are in {@code docs/interop.md}.
 */
class SystemPvmoveAgainstLvmTest {
  private static final int CASES = Integer.getInteger("pvmove.system.cases", 40);

  /** What LVM2 before 2.03.26 says where it has to cut a volume after another one. */
  private static final String INTERNAL_ERROR = "Internal error: Referenced LV pvmove";

  private static final String NO_LONGER_ACTIVE = "No longer active";

  private int planned;
  private int impossible;
  private int joined;
  private int atomic;
  private int internalErrors;
  private int commands;
  private int named;
  private int pieces;
  private int byExecutor;

  @Tag("tools")
  @Test
  void lvmMovesExactlyWhatIsPlanned(@TempDir Path directory) throws Exception {
    long seed = Long.getLong("pvmove.system.seed", 1);
    System.out.printf("%d moves, the first with seed %d%n", CASES, seed);
    try (LvmTools lvm = RandomCase.startLvm(directory)) {
      Map<Long, AssertionError> failures = new LinkedHashMap<>();
      for (int i = 0; i < CASES; i++) {
        try {
          move(lvm, seed + i);
        } catch (AssertionError e) {
          failures.put(seed + i, e);
        }
      }
      if (!failures.isEmpty()) {
        System.out.println("Failed with the seeds " + failures.keySet());
        throw failures.values().iterator().next();
      }
      System.out.println(lvm.succeed("version").get(0));
      System.out.printf(
          "%d moves, %d plans (%d atomic, %d of moves under way), %d of them impossible in one"
              + " command; %d commands (%d with a name) for %d segments, all as planned; %d plans by"
              + " SystemPvmove; %d internal errors of LVM2%n",
          CASES,
          planned,
          atomic,
          joined,
          impossible,
          commands,
          named,
          pieces,
          byExecutor,
          internalErrors);
    }
    if (CASES >= 100) {
      assertThat(List.of(planned, impossible, joined, atomic, named, byExecutor))
          .allMatch(count -> count > 0);
    }
  }

  /** The command that carries a move on must not begin one where that move has just ended. */
  @Tag("tools")
  @Test
  void lvmBeginsNothingWhereAMoveThatIsToBeCarriedOnIsOver(@TempDir Path directory)
      throws Exception {
    try (LvmTools lvm = LvmTools.start(directory, 32 << 20, 32 << 20)) {
      lvm.succeed("vgcreate", "-s", "1m", "vg", lvm.disk(0), lvm.disk(1));
      lvm.succeed("lvcreate", "-an", "-Zn", "-Wn", "-l", "4", "-n", "lv", "vg", lvm.disk(0));
      lvm.succeed("pvmove", "-i", "1", lvm.disk(0), lvm.disk(1));
      try (DeviceSet devices = lvm.open()) {
        PvMover mover = PvMover.builder(devices, "vg").build();
        VolumeGroup begun = devices.scan().volumeGroup("vg").volumeGroup();
        Pvmove move = mover.movesInProgress().get(0);
        LvmCommand command =
            SystemPlan.joining(begun, move, PvNames.of(begun)).orElseThrow().get(0);
        String[] words = command.arguments().toArray(new String[0]);
        LvmTools.Result joined = lvm.run(words);
        assertThat(joined.status()).as("%s", joined).isZero();
        assertThat(String.join("\n", joined.output())).contains("Detected pvmove in progress");
        MoveLab.assertCompleted(mover.resume());
        VolumeGroup over = devices.scan().volumeGroup("vg").volumeGroup();

        LvmTools.Result again = lvm.run(words);

        assertThat(again.status()).as("%s", again).isNotZero();
        assertThat(devices.scan().volumeGroup("vg").volumeGroup()).isEqualTo(over);
      }
    }
  }

  private void move(LvmTools lvm, long seed) throws Exception {
    Random random = new Random(seed);
    RandomCase made = RandomCase.make(lvm, random);
    try {
      MoveRequest request = finer(made, random);
      if (Planner.plan(made.vg(), request) instanceof PlanResult.Accepted accepted) {
        planned++;
        move(lvm, made, accepted.plan(), random);
      }
    } catch (AssertionError | RuntimeException | LvmCommandException e) {
      throw new AssertionError(
          "seed %d (repeat it with -Dpvmove.system.cases=1 -Dpvmove.system.seed=%d)%n%s%n%s"
              .formatted(seed, seed, e.getMessage(), made.describe()),
          e);
    }
  }

  /** With checkpoints, and sometimes a second source. */
  private static MoveRequest finer(RandomCase made, Random random) {
    MoveRequest asked = made.request().request();
    MoveRequest.Builder request = asked.toBuilder();
    if (random.nextInt(6) == 0) {
      String other =
          made.vg()
              .physicalVolumes()
              .get(random.nextInt(made.vg().physicalVolumes().size()))
              .device();
      String first = asked.sources().get(0);
      if (other != null && !first.startsWith(other)) {
        request =
            MoveRequest.from(first, other)
                .to(asked.destinations())
                .logicalVolumes(asked.logicalVolumes())
                .policy(asked.policy())
                .atomic(asked.atomic());
      }
    }
    boolean long_ = random.nextBoolean();
    return request
        .maxSegmentBytes(
            long_ ? Long.MAX_VALUE : made.vg().extentSize().toBytes(1 + random.nextInt(5)))
        .build();
  }

  private void move(LvmTools lvm, RandomCase made, MovePlan plan, Random random) throws Exception {
    joined += plan.joined() ? 1 : 0;
    atomic += plan.atomic() ? 1 : 0;
    SystemPlan how = SystemPlan.of(made.vg(), plan, PvNames.of(made.vg()));
    if (how instanceof SystemPlan.Impossible reason) {
      assertThat(plan.atomic() && !plan.joined()).as("new and atomic: %s", reason).isTrue();
      impossible++;
      return;
    }
    boolean done =
        random.nextBoolean()
            ? byCommands(lvm, made, plan, how.orElseThrow())
            : byExecutor(lvm, made, plan, how.orElseThrow().get(0));
    if (done) {
      assertThat(shapes(made.now())).isEqualTo(shapes(promised(made, plan)));
    } else {
      internalErrors++;
      assertThat(made.now()).isEqualTo(made.vg());
    }
  }

  private boolean byCommands(
      LvmTools lvm, RandomCase made, MovePlan plan, ImmutableList<LvmCommand> all)
      throws Exception {
    for (LvmCommand command : all) {
      LvmTools.Result result = lvm.run(command.arguments().toArray(new String[0]));
      if (plan.atomic() && String.join(" ", result.errors()).contains(INTERNAL_ERROR)) {
        return false;
      }
      assertThat(result.status()).as("%s: %s", command, result).isZero();
      count(command);
      checkBegun(made, plan, command);
      finish(made, command);
    }
    return true;
  }

  /** What LVM2 left is finished by this library, as if the kernel had copied it. */
  private static void finish(RandomCase made, LvmCommand command) throws IOException {
    RandomCase.with(
        made.disks(),
        set -> {
          PvMover mover =
              PvMover.builder(set, RandomCase.VG).clock(() -> java.time.Instant.EPOCH).build();
          MoveLab.assertCompleted(mover.resume(sourceOf(command)));
          return mover;
        });
  }

  private static String sourceOf(LvmCommand command) {
    return command.arguments().stream()
        .filter(word -> word.startsWith("/"))
        .findFirst()
        .map(word -> word.replaceFirst(":.*", ""))
        .orElseThrow();
  }

  private void count(LvmCommand command) {
    commands++;
    pieces += command.segments().size();
    named += command.arguments().contains("-n") ? 1 : 0;
  }

  /** What LVM2 has begun is what it was told, piece by piece. */
  private static void checkBegun(RandomCase made, MovePlan plan, LvmCommand command)
      throws IOException {
    List<Pvmove> begun = new ArrayList<>();
    VolumeGroup now = made.now();
    for (Pvmove move : Pvmove.allOf(now)) {
      if (plan.joined()
          ? move.name().equals(plan.move())
          : made.vg().logicalVolume(move.name()).isEmpty()) {
        begun.add(move);
      }
    }
    assertThat(begun).as("begun by %s", command).hasSize(1);
    Pvmove move = begun.get(0);
    assertThat(move.atomic()).isEqualTo(plan.atomic());
    List<PvmoveEdits.Move> wanted =
        command.segments().stream()
            .map(segment -> new PvmoveEdits.Move(segment.source(), segment.destination()))
            .toList();
    List<PvmoveEdits.Move> found =
        move.pieces().stream()
            .filter(piece -> !piece.done())
            .map(piece -> new PvmoveEdits.Move(piece.source(), piece.destination()))
            .toList();
    if (plan.atomic()) {
      assertThat(extents(found)).as("by %s", command).isEqualTo(extents(wanted));
    } else {
      assertThat(found).as("by %s", command).isEqualTo(wanted);
    }
  }

  /** From where to where each extent goes. */
  private static Map<String, String> extents(List<PvmoveEdits.Move> moves) {
    Map<String, String> extents = new TreeMap<>();
    for (PvmoveEdits.Move move : moves) {
      PeRange from = move.source();
      for (long i = 0; i < from.count(); i++) {
        extents.put(from.slice(i, 1).toString(), move.destination().slice(i, 1).toString());
      }
    }
    return extents;
  }

  private boolean byExecutor(LvmTools lvm, RandomCase made, MovePlan plan, LvmCommand first)
      throws Exception {
    byExecutor++;
    try (DeviceSet disks = DeviceSet.open(Access.READ_ONLY, made.disks())) {
      SystemPvmove executor =
          SystemPvmove.builder(disks, RandomCase.VG).program(lvm.program()).build();
      MoveOutcome outcome;
      try {
        outcome = executor.execute(plan);
      } catch (LvmCommandException e) {
        if (plan.atomic() && e.getMessage().contains(INTERNAL_ERROR)) {
          return false;
        }
        throw e;
      }
      LvmCommand command = first;
      List<MovePlan.Segment> rest = new ArrayList<>(plan.segments());
      while (outcome instanceof MoveOutcome.Stopped stopped) {
        // LVM2 claims success with status 0; the metadata tell otherwise.
        assertThat(stopped.reason()).contains(NO_LONGER_ACTIVE).contains("status 0");
        count(command);
        checkBegun(made, plan, command);
        finish(made, command);
        rest.removeAll(command.segments());
        if (!rest.isEmpty()) {
          VolumeGroup now = made.now();
          command =
              SystemPlan.ofSegments(now, rest, plan.atomic(), PvNames.of(now)).orElseThrow().get(0);
        }
        outcome = executor.resume(plan);
      }
      MoveLab.assertCompleted(outcome);
      assertThat(rest).isEmpty();
    }
    return true;
  }

  private static VolumeGroup promised(RandomCase made, MovePlan plan) {
    VolumeGroup last = made.vg();
    for (VolumeGroup version :
        plan.replay(made.vg(), PvmoveEdits.Origin.random(new Random(0), "host", 0))) {
      last = version;
    }
    return last;
  }

  private static Map<String, List<Object>> shapes(VolumeGroup vg) {
    Map<String, List<Object>> shapes = new TreeMap<>();
    for (LogicalVolume lv : Segments.mergedAsRead(vg).logicalVolumes()) {
      shapes.put(lv.name(), List.of(lv.flags(), lv.segments()));
    }
    return shapes;
  }
}
