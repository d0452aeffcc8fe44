// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.execute.LvmCommandException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.SystemPvmove;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/**
 * Moves through a program that says what real LVM2 says, with the same exit status, and leaves on
 * the disks what LVM2 would. What it says was recorded from LVM2 2.03.16.
 */
class SystemPvmoveTest {
  private static final long EXTENT = 16 << 10;
  private static final List<String> DISKS = List.of("a", "b", "c");

  @TempDir private Path directory;

  private final List<MoveEvent> events = new ArrayList<>();
  private MoveListener listener = events::add;
  private DeviceSet disks = DeviceSet.of();
  private int states;

  @BeforeEach
  void makeDisks() throws IOException {
    List<BlockDevice> opened = new ArrayList<>();
    for (String name : DISKS) {
      Path image = directory.resolve(name);
      Files.write(image, new byte[2 << 20]);
      opened.add(BlockDevices.open(image, Access.READ_WRITE));
    }
    SmallGroup.on(opened)
        .extentBytes(EXTENT)
        .linear("one", new SmallGroup.Run(0, 0, 4))
        .linear("two", new SmallGroup.Run(0, 4, 4), new SmallGroup.Run(0, 20, 2))
        .create();
    for (BlockDevice device : opened) {
      device.close();
    }
    disks = DeviceSet.open(Access.READ_ONLY, paths(directory));
  }

  @AfterEach
  void closeDisks() throws IOException {
    disks.close();
  }

  private static List<Path> paths(Path in) {
    return DISKS.stream().map(in::resolve).toList();
  }

  private String disk(String name) {
    return directory.resolve(name).toString();
  }

  // What LVM2 would leave on the disks.

  private interface Change {
    void on(PvMover.Builder mover) throws IOException;
  }

  /** Disks on which something has been done, by this library, kept for later. */
  private Path state(Path from, Change change) throws IOException {
    Path state = Files.createDirectory(directory.resolve("state" + states++));
    for (String name : DISKS) {
      Files.copy(from.resolve(name), state.resolve(name));
    }
    try (DeviceSet set = DeviceSet.open(paths(state).toArray(new Path[0]))) {
      change.on(
          PvMover.builder(set, SmallGroup.NAME)
              .clock(() -> Instant.ofEpochSecond(1_800_000_000L))
              .random(new Random(states))
              .host("test"));
    }
    return state;
  }

  /** The volumes moved, each physical volume as it is called in that directory. */
  private Path moved(Path from, String lv, String to) throws IOException {
    return state(
        from,
        builder -> {
          PvMover mover = builder.build();
          MoveLab.assertCompleted(mover.execute(mover.plan(request(lv, to)).orElseThrow()));
        });
  }

  /** By identity, since names are others in each directory. */
  private MoveRequest request(String lv, String to) {
    VolumeGroup vg = now();
    MoveRequest.Builder request =
        MoveRequest.from(id(vg, "a").toString()).to(id(vg, to.substring(0, 1)) + to.substring(1));
    return lv.isEmpty() ? request.build() : request.logicalVolume(lv).build();
  }

  private static LvmUuid id(VolumeGroup vg, String disk) {
    return vg.physicalVolumes().get(DISKS.indexOf(disk)).id();
  }

  /** A move begun, and so many of its segments done. */
  private Path begun(Path from, MoveRequest request, int segmentsDone) throws IOException {
    return state(
        from,
        builder -> {
          AtomicReference<PvMover> stopping = new AtomicReference<>();
          PvMover mover =
              builder
                  .checkpointBytes(0)
                  .listener(
                      event -> {
                        if (segmentsDone == 0
                            || (event instanceof MoveEvent.Checkpoint checkpoint
                                && checkpoint.segments().containsKey(segmentsDone - 1))) {
                          stopping.get().stop();
                        }
                      })
                  .build();
          stopping.set(mover);
          assertThat(mover.execute(mover.plan(request).orElseThrow()))
              .isInstanceOf(MoveOutcome.Stopped.class);
        });
  }

  // The program.

  /** A program: each call runs the next of these pieces of shell. */
  private SystemPvmove lvm(String... calls) throws IOException {
    StringBuilder script =
        new StringBuilder(
            """
            cd %s
            echo "$@" >> calls
            if read line; then echo "standard input is open" >> calls; fi
            echo "$LC_ALL $LVM_SUPPRESS_FD_WARNINGS" > environment
            put() { for disk in a b c; do cat "$1/$disk" > "$disk"; done; }
            case $(wc -l < calls) in
            """
                .formatted(directory));
    for (int i = 0; i < calls.length; i++) {
      script.append("%d) %s ;;%n".formatted(i + 1, calls[i]));
    }
    script.append("*) echo unexpected; exit 99 ;;\nesac\n");
    Path program = directory.resolve("lvm.sh");
    Files.writeString(program, script);
    return SystemPvmove.builder(disks, SmallGroup.NAME)
        .program(List.of("sh", program.toString()))
        .listener(event -> listener.on(event))
        .build();
  }

  private static String say(String... lines) {
    return "printf '%s\\n' '" + String.join("' '", lines) + "'\n";
  }

  private static String put(Path state) {
    return "put " + state + "\n";
  }

  private List<String> calls() throws IOException {
    return Files.exists(directory.resolve("calls"))
        ? Files.readAllLines(directory.resolve("calls"))
        : List.of();
  }

  private VolumeGroup now() {
    return disks.scan().volumeGroup(SmallGroup.NAME).volumeGroup();
  }

  private MovePlan plan(MoveRequest request) {
    return PvMover.builder(disks, SmallGroup.NAME).build().plan(request).orElseThrow();
  }

  /** To two places, which takes two commands. */
  private MovePlan planInTwo() {
    return plan(MoveRequest.from(disk("a")).to(disk("b") + ":0-3", disk("c") + ":0-5").build());
  }

  private Path afterOne() throws IOException {
    return moved(directory, "one", "b:0-3");
  }

  private static MoveOutcome.Stopped stopped(MoveOutcome outcome) {
    assertThat(outcome).isInstanceOf(MoveOutcome.Stopped.class);
    return (MoveOutcome.Stopped) outcome;
  }

  @Test
  void carriesAPlanOutAndTellsHowFarItIs() throws Exception {
    MovePlan plan = plan(request("", "b"));
    SystemPvmove lvm =
        lvm(
            say("  %s: Moved: 0.00%%".formatted(disk("a")))
                + say("  %s: Moved: 40.00%%".formatted(disk("a")))
                + put(moved(directory, "", "b"))
                + say("  %s: Moved: 100.00%%".formatted(disk("a"))));

    MoveOutcome outcome = lvm.execute(plan);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            MoveOutcome.Completed.class,
            completed -> assertThat(completed.moves()).containsExactly("pvmove0"));
    assertThat(outcome.work().bytesCopied()).isEqualTo(10 * EXTENT);
    assertThat(outcome.work().receipts()).isEmpty();
    assertThat(calls())
        .containsExactly(
            "pvmove -i 1 --alloc anywhere %s:0-3:4-7:20-21 %s:0-9".formatted(disk("a"), disk("b")));
    assertThat(Files.readString(directory.resolve("environment"))).isEqualTo("C 1\n");
    long seqno = now().seqno();
    assertThat(events)
        .containsExactly(
            new MoveEvent.Started("pvmove0", 3, 0, 10 * EXTENT, 0),
            new MoveEvent.Copied("pvmove0", 0, 0, 4 * EXTENT, 0, 10 * EXTENT),
            new MoveEvent.Copied("pvmove0", 1, 0, 4 * EXTENT, 4 * EXTENT, 10 * EXTENT),
            new MoveEvent.Copied("pvmove0", 2, 2 * EXTENT, 2 * EXTENT, 10 * EXTENT, 10 * EXTENT),
            new MoveEvent.Checkpoint(
                "pvmove0",
                ImmutableSortedMap.of(
                    0, moved(plan, 0, 0), 1, moved(plan, 1, 4), 2, moved(plan, 2, 8)),
                seqno),
            new MoveEvent.Finished("pvmove0", false, seqno));
  }

  private static Pvmove.Piece moved(MovePlan plan, int segment, long extent) {
    MovePlan.Segment moved = plan.segments().get(segment);
    return new Pvmove.Piece(extent, moved.source(), moved.destination(), true);
  }

  @Test
  void callsOneCommandAfterTheOther() throws Exception {
    Path one = afterOne();
    SystemPvmove lvm = lvm(put(one), put(moved(one, "", "c:0-5")));

    MoveOutcome outcome = lvm.execute(planInTwo());

    MoveLab.assertCompleted(outcome);
    assertThat(outcome.work().bytesCopied()).isEqualTo(10 * EXTENT);
    assertThat(calls()).hasSize(2);
  }

  @Test
  void doesNotTakeStatusZeroForSuccess() throws Exception {
    SystemPvmove lvm =
        lvm(
            put(begun(directory, request("", "b"), 1))
                + say("  %s: Interrupted: No longer active.".formatted(disk("a"))));

    MoveOutcome.Stopped outcome = stopped(lvm.execute(plan(request("", "b"))));

    assertThat(outcome.move()).isEqualTo("pvmove0");
    assertThat(outcome.failure())
        .isInstanceOfSatisfying(
            LvmCommandException.class,
            failure -> {
              assertThat(failure.exitStatus()).isZero();
              assertThat(failure.lastLines())
                  .containsExactly("%s: Interrupted: No longer active.".formatted(disk("a")));
              assertThat(failure.command())
                  .startsWith("sh")
                  .contains("pvmove", "--alloc", disk("b") + ":0-9");
            });
    assertThat(outcome.reason())
        .startsWith(
            "expected 3 segments at their new place and the temporary volume gone, found 3 under"
                + " way; ")
        .contains("status 0", "No longer active");
    assertThat(outcome.work().bytesCopied()).isZero();
  }

  @Test
  void reportsARefusalWithTheCommandItsStatusAndItsWords() throws Exception {
    SystemPvmove lvm =
        lvm(
            say(
                    "  Insufficient free space: 10 extents needed, but only 3 available",
                    "  Unable to allocate mirror extents for vg/pvmove0.",
                    "  Failed to convert pvmove LV to mirrored.")
                + "exit 5");

    assertThatThrownBy(() -> lvm.execute(plan(request("", "b"))))
        .isInstanceOfSatisfying(
            LvmCommandException.class,
            e -> {
              assertThat(e.exitStatus()).isEqualTo(5);
              assertThat(e.lastLines()).hasSize(3);
            })
        .hasMessageContaining("found 3 at their old place")
        .hasMessageContaining("pvmove -i 1 --alloc anywhere")
        .hasMessageContaining("status 5: Insufficient free space: 10 extents needed");
  }

  @Test
  void stopsWhereALaterCommandFails() throws Exception {
    SystemPvmove lvm = lvm(put(afterOne()), "exit 5");

    MoveOutcome.Stopped outcome = stopped(lvm.execute(planInTwo()));

    assertThat(outcome.reason()).contains("found 2 at their old place", "and said nothing");
    assertThat(outcome.work().bytesCopied()).isEqualTo(4 * EXTENT);
  }

  @Test
  void isNotContentWithALayoutThatLvmComplainsAbout() throws Exception {
    SystemPvmove lvm =
        lvm(
            put(moved(directory, "", "b"))
                + say("  Unable to deactivate temporary logical volume \"vg/pvmove0\".")
                + "exit 5");

    MoveOutcome.Stopped outcome = stopped(lvm.execute(plan(request("", "b"))));

    assertThat(outcome.reason()).contains("found 3 at their new place", "Unable to deactivate");
    assertThat(outcome.work().bytesCopied()).isEqualTo(10 * EXTENT);
  }

  @Test
  void noticesWhatWentToAnotherPlace() throws Exception {
    SystemPvmove lvm = lvm(put(moved(directory, "", "b:10-19")));

    assertThat(stopped(lvm.execute(plan(request("", "b")))).reason()).contains("found 3 elsewhere");
  }

  @Test
  void reportsThatThereIsNoSuchProgram() throws Exception {
    SystemPvmove lvm =
        SystemPvmove.builder(disks, SmallGroup.NAME)
            .program(List.of(directory.resolve("nowhere").toString()))
            .build();

    assertThatThrownBy(() -> lvm.execute(plan(request("", "b"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void keepsTheLastLinesOnly() throws Exception {
    SystemPvmove lvm = lvm("i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; exit 5");

    assertThatThrownBy(() -> lvm.execute(plan(request("", "b"))))
        .isInstanceOfSatisfying(
            LvmCommandException.class,
            e -> assertThat(e.lastLines()).hasSize(20).startsWith("line 80").endsWith("line 99"));
  }

  /** Goes on until it is terminated. */
  private String endless(Path state) {
    return put(state) + say("  %s: Moved: 10.00%%".formatted(disk("a"))) + "exec tail -f /dev/null";
  }

  @Test
  void stopTerminatesTheCommandAndLeavesTheMove() throws Exception {
    SystemPvmove lvm = lvm(endless(begun(directory, request("", "b"), 0)));
    listener =
        event -> {
          if (event instanceof MoveEvent.Copied) {
            lvm.stop();
          }
        };

    MoveOutcome.Stopped outcome = stopped(lvm.execute(plan(request("", "b"))));

    assertThat(outcome.reason()).isEqualTo("stopped on request");
    assertThat(outcome.failure()).isNull();
    assertThat(outcome.move()).isEqualTo("pvmove0");
    assertThat(Pvmove.allOf(outcome.volumeGroup().volumeGroup())).hasSize(1);
  }

  @Test
  void anInterruptStopsAndIsLeftForTheCaller() throws Exception {
    SystemPvmove lvm = lvm(endless(begun(directory, request("", "b"), 0)));
    listener =
        event -> {
          if (event instanceof MoveEvent.Copied) {
            Thread.currentThread().interrupt();
          }
        };

    MoveOutcome outcome = lvm.execute(plan(request("", "b")));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(stopped(outcome).reason()).isEqualTo("stopped on request");
  }

  @Test
  void callsNothingMoreOnceItIsStopped() throws Exception {
    SystemPvmove lvm = lvm(put(afterOne()));
    listener =
        event -> {
          if (event instanceof MoveEvent.Finished) {
            lvm.stop();
          }
        };

    MoveOutcome.Stopped outcome = stopped(lvm.execute(planInTwo()));

    assertThat(outcome.reason()).isEqualTo("stopped on request");
    assertThat(outcome.work().bytesCopied()).isEqualTo(4 * EXTENT);
    assertThat(calls()).hasSize(1);
  }

  @Test
  void aListenerThatThrowsEndsTheCommand() throws Exception {
    SystemPvmove lvm = lvm(endless(begun(directory, request("", "b"), 0)));
    listener =
        event -> {
          if (event instanceof MoveEvent.Copied) {
            throw new IllegalStateException("enough");
          }
        };

    assertThatThrownBy(() -> lvm.execute(plan(request("", "b"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("enough");
  }

  @Test
  void refusesPlansForOtherVersionsAndOtherVolumeGroups() throws Exception {
    MovePlan plan = plan(request("one", "b"));
    MovePlan later =
        new MovePlan(
            plan.volumeGroup(),
            plan.volumeGroupId(),
            plan.seqno() + 1,
            plan.extentBytes(),
            plan.move(),
            plan.joined(),
            plan.atomic(),
            plan.segments(),
            plan.skipped(),
            plan.unused(),
            plan.cost());
    MovePlan other =
        new MovePlan(
            plan.volumeGroup(),
            LvmUuid.random(new Random(1)),
            plan.seqno(),
            plan.extentBytes(),
            plan.move(),
            plan.joined(),
            plan.atomic(),
            plan.segments(),
            plan.skipped(),
            plan.unused(),
            plan.cost());
    SystemPvmove lvm = lvm();

    assertThatThrownBy(() -> lvm.execute(later))
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining("expected version " + later.seqno());
    assertThatThrownBy(() -> lvm.execute(other)).isInstanceOf(VolumeGroupChangedException.class);
    assertThatThrownBy(() -> lvm.resume(other)).isInstanceOf(VolumeGroupChangedException.class);
    assertThat(calls()).isEmpty();
  }

  @Test
  void refusesAnAtomicPlanThatTakesTwoCommands() throws Exception {
    MovePlan plan =
        plan(
            MoveRequest.from(disk("a"))
                .to(disk("b") + ":0-3", disk("c") + ":0-5")
                .atomic(true)
                .build());
    SystemPvmove lvm = lvm();

    assertThatThrownBy(() -> lvm.execute(plan))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("expected an atomic move");
    assertThat(calls()).isEmpty();
  }

  // Restart.

  private static void replace(Path directory, Path state) throws IOException {
    for (String name : DISKS) {
      Files.write(directory.resolve(name), Files.readAllBytes(state.resolve(name)));
    }
  }

  @Test
  void resumesAPlanWithTheMoveUnderWayAndThenTheRest() throws Exception {
    MovePlan plan = planInTwo();
    Path one = afterOne();
    Path all = moved(one, "", "c:0-5");
    replace(directory, begun(directory, request("one", "b:0-3"), 0));
    SystemPvmove lvm =
        lvm(say("  Detected pvmove in progress for %s.".formatted(disk("a"))) + put(one), put(all));

    MoveOutcome outcome = lvm.resume(plan);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            MoveOutcome.Completed.class,
            completed -> assertThat(completed.moves()).containsExactly("pvmove0", "pvmove0"));
    assertThat(calls())
        .containsExactly(
            "pvmove -i 1 %1$s %1$s".formatted(disk("a")),
            "pvmove -i 1 --alloc anywhere %s:4-7:20-21 %s:0-5".formatted(disk("a"), disk("c")));
    assertThat(outcome.work().bytesCopied()).isEqualTo(10 * EXTENT);
    assertThat(events).contains(new MoveEvent.Started("pvmove0", 1, 0, 4 * EXTENT, 0));
  }

  @Test
  void aPlanThatIsDoneIsResumedByDoingNothing() throws Exception {
    MovePlan plan = planInTwo();
    replace(directory, moved(afterOne(), "", "c:0-5"));

    MoveOutcome outcome = lvm().resume(plan);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            MoveOutcome.Completed.class, completed -> assertThat(completed.moves()).isEmpty());
    assertThat(outcome.work().bytesCopied()).isZero();
  }

  @Test
  void resumesNoPlanWhoseExtentsHaveGoneElsewhere() throws Exception {
    MovePlan plan = planInTwo();
    replace(directory, moved(directory, "one", "c:20-23"));
    SystemPvmove lvm = lvm();

    assertThatThrownBy(() -> lvm.resume(plan))
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining("extents from 0 on of one")
        .hasMessageContaining("elsewhere");
    assertThat(calls()).isEmpty();
  }

  @Test
  void stopsBehindAMoveIfOthersHaveMovedTheRestMeanwhile() throws Exception {
    MovePlan plan = planInTwo();
    Path strayed = moved(afterOne(), "", "c:20-25");
    replace(directory, begun(directory, request("one", "b:0-3"), 0));

    MoveOutcome.Stopped outcome = stopped(lvm(put(strayed)).resume(plan));

    assertThat(outcome.failure()).isInstanceOf(VolumeGroupChangedException.class);
    assertThat(outcome.reason()).contains("extents from 0 on of two", "elsewhere");
    assertThat(outcome.work().bytesCopied()).isEqualTo(4 * EXTENT);
  }

  @Test
  void stopsBehindAMoveIfOthersHaveBegunTheRestMeanwhile() throws Exception {
    MovePlan plan = planInTwo();
    Path restBegun = begun(afterOne(), request("two", "c:0-5"), 0);
    replace(directory, begun(directory, request("one", "b:0-3"), 0));

    MoveOutcome.Stopped outcome = stopped(lvm(put(restBegun)).resume(plan));

    assertThat(outcome.reason()).contains("extents from 0 on of two", "on the way again");
    assertThat(outcome.work().bytesCopied()).isEqualTo(4 * EXTENT);
  }

  @Test
  void stopsBehindAMoveIfOthersHaveBegunOneFromTheSameSource() throws Exception {
    MovePlan plan = plan(MoveRequest.from(disk("a") + ":0-7").to(disk("b")).build());
    Path other =
        begun(
            afterOne(),
            MoveRequest.from(id(now(), "a") + ":20-21").to(id(now(), "c").toString()).build(),
            0);
    replace(directory, begun(directory, request("one", "b:0-3"), 0));

    MoveOutcome.Stopped outcome = stopped(lvm(put(other)).resume(plan));

    assertThat(outcome.reason())
        .isEqualTo(
            "expected no move under way from %s, found pvmove0 under way".formatted(disk("a")));
    assertThat(outcome.work().bytesCopied()).isEqualTo(4 * EXTENT);
  }

  @Test
  void doesNotPassPartOfAnAtomicMoveOffAsTheWhole() throws Exception {
    MovePlan plan = plan(MoveRequest.from(disk("a")).to(disk("b")).atomic(true).build());
    replace(directory, moved(directory, "one", "b:0-3"));
    SystemPvmove lvm = lvm();

    assertThatThrownBy(() -> lvm.resume(plan))
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining("atomic");
    assertThat(calls()).isEmpty();
  }

  @Test
  void joinsTheMoveThatAPlanIsTheRestOf() throws Exception {
    Path all = moved(directory, "", "b");
    replace(directory, begun(directory, request("", "b"), 1));
    MovePlan plan = plan(MoveRequest.from(disk("a")).build());
    assertThat(plan.joined()).isTrue();
    SystemPvmove lvm = lvm(say("  %s: Moved: 80.00%%".formatted(disk("a"))) + put(all));

    MoveOutcome outcome = lvm.execute(plan);

    MoveLab.assertCompleted(outcome);
    assertThat(calls()).containsExactly("pvmove -i 1 %1$s %1$s".formatted(disk("a")));
    assertThat(outcome.work().bytesCopied()).isEqualTo(6 * EXTENT);
    assertThat(events)
        .startsWith(
            new MoveEvent.Started("pvmove0", 3, 1, 10 * EXTENT, 4 * EXTENT),
            new MoveEvent.Copied("pvmove0", 2, 0, 2 * EXTENT, 8 * EXTENT, 10 * EXTENT));
  }

  @Test
  void resumesEveryMoveOrThatOfOneSource() throws Exception {
    Path all = moved(directory, "", "b");
    replace(directory, begun(directory, request("", "b"), 2));

    assertThat(stopped(lvm("true").resume()).reason()).contains("1 under way");
    Files.delete(directory.resolve("calls"));
    MoveLab.assertCompleted(lvm().resume(disk("b")));
    MoveLab.assertCompleted(lvm(put(all)).resume(disk("a")));
    assertThat(calls()).containsExactly("pvmove -i 1 %1$s %1$s".formatted(disk("a")));
    assertThatThrownBy(() -> lvm().resume("/dev/none"))
        .isInstanceOf(LvmException.class)
        .hasMessageContaining("/dev/none");
  }

  // Giving up.

  @Test
  void givesAMoveUp() throws Exception {
    Path begun = begun(directory, request("", "b"), 1);
    Path back = state(begun, builder -> MoveLab.assertCompleted(builder.build().abort()));
    replace(directory, begun);

    MoveOutcome outcome = lvm(put(back)).abort();

    assertThat(outcome)
        .isInstanceOfSatisfying(
            MoveOutcome.Completed.class,
            completed -> assertThat(completed.moves()).containsExactly("pvmove0"));
    assertThat(calls()).containsExactly("pvmove -i 1 --abort " + disk("a"));
    assertThat(events).containsExactly(new MoveEvent.Finished("pvmove0", true, now().seqno()));
  }

  @Test
  void doesNotTakeAMoveThatIsInactiveForGivenUp() throws Exception {
    replace(directory, begun(directory, request("", "b"), 1));
    SystemPvmove lvm = lvm(say("  %s: Interrupted: No longer active.".formatted(disk("a"))));

    MoveOutcome.Stopped outcome = stopped(lvm.abort(disk("a")));

    assertThat(outcome.reason())
        .contains("expected pvmove0 to be given up, found it under way", "No longer active");
  }

  @Test
  void givesNothingUpWhereThereIsNothing() throws Exception {
    MoveLab.assertCompleted(lvm().abort());
    assertThat(calls()).isEmpty();
  }

  @Test
  void wantsAProgramAndAnInterval() {
    SystemPvmove.Builder builder = SystemPvmove.builder(disks, SmallGroup.NAME);
    assertThatThrownBy(() -> builder.program(ImmutableList.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.intervalSeconds(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found 0");
  }
}
