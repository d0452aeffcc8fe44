// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MoveRequest;

/**
 * Moves that LVM2 and this library begin, as disks left by a power cut or a kill, with one guest's
 * kernel and LVM2. Two boots: in the first one LVM2 moves, and its disks are copied at the
 * checkpoints that are wanted; in the second one it ends what this library has begun, and its
 * kernel looks at everything.
 */
final class HandOverLab {
  private static final long DISK_BYTES = 12 << 20;

  /** Slow enough for every checkpoint to be seen: a segment takes seconds. */
  private static final int BYTES_PER_SECOND = 2_000_000;

  /** Where the header of the metadata area lies on these disks, in bytes. */
  private static final long METADATA_HEADER = 4096;

  /** Linear ones, but for one of two stripes. */
  private static final ImmutableList<String> VOLUMES =
      ImmutableList.of("home", "srv", "fast", "var");

  private final Guest guest;
  private final Path directory;
  private final Map<String, DiskSet> groups = new LinkedHashMap<>();
  private final List<State> states = new ArrayList<>();

  /** What moves of LVM2 went through, for messages. */
  private final Set<String> seen = new LinkedHashSet<>();

  /** The disks of a volume group before any move. */
  private DiskSet base;

  /**
   * Disks with a move under way.
   *
   * @param began who began it
   * @param move what is moved
   * @param checkpoint how far it is
   * @param disks the disks
   * @param sums checksums of the volumes, as this library reads them in the middle of the move
   */
  record State(
      HandOver.Side began,
      String move,
      String checkpoint,
      DiskSet disks,
      ImmutableList<String> sums) {
    static State of(HandOver.Side began, String move, String checkpoint, DiskSet disks)
        throws IOException {
      return new State(began, move, checkpoint, disks, LibrarySums.of(disks, VOLUMES));
    }

    /** A name for a section. */
    String id() {
      return "%s-%s-%s".formatted(began, move, checkpoint).replaceAll("[^A-Za-z0-9]+", "-");
    }
  }

  /**
   * What the guest saw.
   *
   * @param console what it printed
   * @param sums checksums of the volumes before any move, by volume group
   * @param ends the disks of each move after its end, as the metadata then was
   * @param middles the disks of each move that was handed over
   */
  record Findings(
      Guest guest,
      Console console,
      Map<String, ImmutableList<String>> sums,
      Map<HandOver, StoredVolumeGroup> ends,
      Map<HandOver, State> middles) {}

  HandOverLab(Guest guest, Path directory) {
    this.guest = guest;
    this.directory = directory;
  }

  /** The moves of LVM2: the volume group, what is asked for, how many disks it has. */
  private enum Move {
    TWO(
        "two pvmoves",
        4,
        12,
        List.of("0 of 2 and 0 of 2", "1 of 2 and 1 of 2"),
        "-n home $1 $3",
        "$2 $4"),
    PLAIN("pvmove", 3, 2, List.of("0 of 4", "1 of 4", "2 of 4", "3 of 4"), "$1 $3"),
    ATOMIC("pvmove --atomic", 3, 2, List.of("0 of 1"), "--atomic $1 $3"),
    NAMED("pvmove -n", 3, 2, List.of("0 of 2", "1 of 2"), "-n home $1 $3"),
    RANGES("pvmove of ranges", 3, 2, List.of("0 of 3", "1 of 3", "2 of 3"), "$1:5-7:22-33 $3");

    private final String text;
    private final int disks;

    /** Seconds for which each checkpoint lasts at least. */
    private final int interval;

    private final ImmutableList<String> checkpoints;
    private final ImmutableList<String> arguments;

    Move(String text, int disks, int interval, List<String> checkpoints, String... arguments) {
      this.text = text;
      this.disks = disks;
      this.interval = interval;
      this.checkpoints = ImmutableList.copyOf(checkpoints);
      this.arguments = ImmutableList.copyOf(arguments);
    }

    private String volumeGroup() {
      return "vg-" + name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  Findings run() throws Exception {
    Map<String, ImmutableList<String>> sums = new LinkedHashMap<>();
    Console first = letLvmMove();
    for (Move move : Move.values()) {
      sums.put(move.volumeGroup(), first.section("sums." + move.volumeGroup()).lines());
    }
    moveOurselves();
    return endAndLook(sums);
  }

  // The first boot

  private Console letLvmMove() throws Exception {
    Machine.Setup setup = Machine.of(guest).throttled(BYTES_PER_SECOND);
    setup.script(
        """
        make() {
          local vg=$1
          shift
          use "$@"
          l pvcreate -qq -ff -y "$@" && l vgcreate -qq -s 256k $vg "$@" || return
          local lvcreate="l lvcreate -qq -Wn -Zn -y -an"
          $lvcreate -l 10 -n home $vg $1 && $lvcreate -l 10 -n srv $vg $1 || return
          l lvextend -qq -y -l +10 $vg/home $1 || return
          $lvcreate -i 2 -l 8 -n fast $vg $1 $2 && $lvcreate -l 10 -n var $vg $2 || return
          l vgchange -qq -ay $vg || return
          section sums.$vg fill $vg home srv fast var
        }
        """);
    StringBuilder moves = new StringBuilder();
    for (Move move : Move.values()) {
      DiskSet disks =
          DiskSet.create(
              directory.resolve(move.volumeGroup()), move.volumeGroup(), move.disks, DISK_BYTES);
      groups.put(move.volumeGroup(), disks);
      String names = setup.disks(disks.images());
      setup.script("make %s %s &".formatted(move.volumeGroup(), names));
      for (String arguments : move.arguments) {
        moves.append(
            "(set -- %s; use $*; l pvmove -i +%d %s; echo MOVED) &\n"
                .formatted(names, move.interval, arguments));
      }
      if (move == Move.TWO) {
        // The others would hold up one of the two, and they are to be seen together.
        moves.append("sleep 4\n");
      }
    }
    setup.script("wait; sync; echo LAB-MADE; sleep 3");
    setup.script(moves.toString());
    setup.script("while jobs | grep -q Running; do echo LAB-MOMENT; sleep 0.2; done");
    try (Machine machine = setup.boot()) {
      machine.await("LAB-MADE");
      machine.hold(
          () -> base = groups.get(Move.PLAIN.volumeGroup()).copyTo(directory.resolve("base")));
      // Lines of programs that run side by side may be mixed up.
      while (!missing().isEmpty() && !machine.await("LAB-MOMENT|LAB-END").contains("LAB-END")) {
        machine.hold(this::captureWhatIsWanted);
      }
      assertThat(missing()).as("checkpoints that passed by unseen; seen were %s", seen).isEmpty();
      return machine.console();
    }
  }

  private List<String> missing() {
    List<String> missing = new ArrayList<>();
    for (Move move : Move.values()) {
      for (String checkpoint : move.checkpoints) {
        if (!isCaptured(move, checkpoint)) {
          missing.add(move + ": " + checkpoint);
        }
      }
    }
    return missing;
  }

  private boolean isCaptured(Move move, String checkpoint) {
    return states.stream()
        .anyMatch(state -> state.move.equals(move.text) && state.checkpoint.equals(checkpoint));
  }

  private void captureWhatIsWanted() throws IOException, InterruptedException {
    for (Move move : Move.values()) {
      DiskSet disks = groups.get(move.volumeGroup());
      StoredVolumeGroup stored = disks.scan();
      String checkpoint = checkpoint(stored);
      seen.add(move + ": " + checkpoint);
      // Findings tell that a commit is under way.
      if (move.checkpoints.contains(checkpoint)
          && stored.findings().isEmpty()
          && !isCaptured(move, checkpoint)) {
        Path copy = directory.resolve(move.volumeGroup() + " at " + checkpoint);
        states.add(State.of(HandOver.Side.LVM2, move.text, checkpoint, disks.copyTo(copy)));
      }
    }
  }

  /** How many segments of the moves under way are done. */
  private static String checkpoint(StoredVolumeGroup stored) {
    return Pvmove.allOf(stored.volumeGroup()).stream()
        .map(
            move ->
                move.atomic()
                    ? "0 of 1"
                    : "%d of %d"
                        .formatted(
                            move.pieces().stream().filter(Pvmove.Piece::done).count(),
                            move.pieces().size()))
        .collect(Collectors.joining(" and "));
  }

  // Between the boots

  private void moveOurselves() throws Exception {
    captureOurs("pvmove", false);
    captureOurs("pvmove --atomic", true);
  }

  /** Moves a copy of the disks, and keeps them as they are at every event but the end. */
  private void captureOurs(String name, boolean atomic) throws Exception {
    DiskSet disks = base.copyTo(directory.resolve("ours " + name));
    Snapshots snapshots = new Snapshots(name, disks);
    List<BlockDevice> devices = new ArrayList<>();
    for (Path image : disks.images()) {
      devices.add(snapshots.watch(BlockDevices.open(image, Access.READ_WRITE)));
    }
    try (DeviceSet set = DeviceSet.of(devices.toArray(new BlockDevice[0]))) {
      PvMover mover =
          PvMover.builder(set, disks.volumeGroup())
              .checkpointBytes(0)
              .listener(snapshots::on)
              .build();
      MoveRequest request =
          MoveRequest.from(disks.image('a').toString())
              .to(disks.image('c').toString())
              .atomic(atomic)
              .build();
      assertThat(mover.execute(mover.plan(request).orElseThrow()))
          .isInstanceOf(MoveOutcome.Completed.class);
    }
  }

  /** Copies the disks while this library moves. */
  private final class Snapshots {
    private final String move;
    private final DiskSet disks;
    private boolean copying;
    private boolean committing;

    Snapshots(String move, DiskSet disks) {
      this.move = move;
      this.disks = disks;
    }

    void on(MoveEvent event) {
      if (event instanceof MoveEvent.Started started) {
        take("0 of " + (move.contains("atomic") ? 1 : started.segments()));
      } else if (event instanceof MoveEvent.Copied && !copying) {
        copying = true;
        take("first segment copied in part");
      } else if (event instanceof MoveEvent.Checkpoint checkpoint) {
        take("%d of 4".formatted(checkpoint.segments().lastKey() + 1));
        committing = checkpoint.segments().containsKey(1);
      }
    }

    /** Sees when the first of the metadata areas has the third checkpoint, and no other. */
    BlockDevice watch(BlockDevice device) {
      return new Watched(device);
    }

    private final class Watched extends ForwardingDevice {
      private int headers;

      Watched(BlockDevice device) {
        super(device);
      }

      @Override
      public void write(long byteOffset, ByteBuffer source) throws IOException {
        super.write(byteOffset, source);
        // Precommit, then commit.
        if (committing && byteOffset == METADATA_HEADER && ++headers == 2) {
          committing = false;
          take("3 of 4 in one metadata area, 2 in the others");
        }
      }
    }

    private void take(String checkpoint) {
      try {
        Path copy = directory.resolve("ours %s at %s".formatted(move, checkpoint));
        states.add(State.of(HandOver.Side.OURS, move, checkpoint, disks.copyTo(copy)));
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static void endOurselves(HandOver.End end, DiskSet disks) throws IOException {
    try (DeviceSet devices = disks.open()) {
      PvMover mover = PvMover.builder(devices, disks.volumeGroup()).build();
      MoveOutcome outcome = end == HandOver.End.RESTART ? mover.resume() : mover.abort();
      assertThat(outcome).isInstanceOf(MoveOutcome.Completed.class);
    }
  }

  // The second boot

  private Findings endAndLook(Map<String, ImmutableList<String>> sums) throws Exception {
    Machine.Setup setup = Machine.of(guest);
    setup.script("section version lvm version");
    setup.script(
        """
        look() {
          local id=$1 vg=$2
          section $id.check l vgck $vg
          l vgchange -qq -ay $vg
          section $id.report report $vg
          section $id.tables tables
          section $id.sums sums $vg home srv fast var
          l vgchange -qq -an $vg
        }
        """);
    Map<HandOver, State> middles = new LinkedHashMap<>();
    Map<HandOver, DiskSet> ended = new LinkedHashMap<>();
    for (State state : states) {
      for (HandOver.End end : HandOver.End.values()) {
        HandOver handOver = new HandOver(state.began, state.move, state.checkpoint, end);
        DiskSet disks = state.disks.copyTo(directory.resolve(handOver.id()));
        if (state.began == HandOver.Side.LVM2) {
          endOurselves(end, disks);
        }
        middles.put(handOver, state);
        ended.put(handOver, disks);
        setup.script(setup.bring(disks));
        if (state.began == HandOver.Side.OURS) {
          setup.script(endByLvm(handOver, disks.volumeGroup()));
        }
        setup.script("look %s %s".formatted(handOver.id(), disks.volumeGroup()));
      }
      if (state.began == HandOver.Side.LVM2) {
        setup.script(setup.bring(state.disks));
        setup.script("section %s report %s".formatted(state.id(), state.disks.volumeGroup()));
      }
    }
    try (Machine machine = setup.boot()) {
      Console console = machine.end();
      Map<HandOver, StoredVolumeGroup> ends = new LinkedHashMap<>();
      for (Map.Entry<HandOver, DiskSet> entry : ended.entrySet()) {
        ends.put(entry.getKey(), entry.getValue().scan());
      }
      return new Findings(guest, console, sums, ends, middles);
    }
  }

  private static String endByLvm(HandOver handOver, String vg) {
    return """
        section %1$s.middle.check l vgck %2$s
        section %1$s.middle.report report %2$s
        l vgchange -qq -ay --poll n %2$s
        section %1$s.middle.tables tables
        section %1$s.end l pvmove -i1 %3$s
        l vgchange -qq -an %2$s
        """
        .formatted(handOver.id(), vg, handOver.ended() == HandOver.End.ABORT ? "--abort" : "");
  }
}
