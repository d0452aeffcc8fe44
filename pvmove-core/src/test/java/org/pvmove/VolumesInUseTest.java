// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.CopyFailedException;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.testing.PowerCutException;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.StatusFlags;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;
import org.pvmove.volume.UserFirst;

/**
 * Programs that read and write volumes while these move, stop and go back, on disks that fail and
 * lose power: what they read is what a disk that does one thing after the other would have told
 * them, and what they flushed is never lost.
 *
 * <p>{@code -Dpvmove.users=N} says how many runs there are, {@code -Dpvmove.users.seed=N} which is
 * the first. A run's seed decides what is asked and, nearly, in which order disks answer.
 */
class VolumesInUseTest {
  private static final int RUNS = Integer.getInteger("pvmove.users", 200);
  private static final int USERS = 3;

  /** What each user asks for after the move. */
  private static final int REQUESTS = 4;

  private static final ImmutableList<String> VOLUMES =
      ImmutableList.of("frag", "str", "rts", "two", "mir");

  /** How a run ends. */
  private enum Ending {
    COMPLETE,
    ABORT,
    CRASH,
    FAULT
  }

  private static final ImmutableList<Ending> ENDINGS = ImmutableList.copyOf(Ending.values());

  private final Map<String, Integer> counts = new TreeMap<>();

  @Test
  void answersLikeADiskThatDoesOneThingAfterTheOther() throws Exception {
    long first = Long.getLong("pvmove.users.seed", 1);
    System.out.printf("%d runs of users beside a move, the first with seed %d%n", RUNS, first);
    for (long seed = first; seed < first + RUNS; seed++) {
      try {
        new Run(seed).run();
      } catch (Exception | AssertionError e) {
        throw new AssertionError("run with seed " + seed, e);
      }
    }
    System.out.println("Runs of users beside a move: " + counts);
    assertThat(counts).containsKeys("completed", "aborted in the middle", "cut in the middle");
    assertThat(counts).containsKeys("stopped by a fault", "healed");
  }

  private synchronized void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  /** One run. */
  private final class Run {
    private final long seed;
    private final Random random;
    private final Ending ending;
    private final boolean atomic;
    private final SimulatedDisks disks;
    private final Stepper stepper;
    private final DeviceSet devices;
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable MoveOutcome> outcome = new AtomicReference<>();

    /** Whether nothing moves any more. */
    private volatile boolean over;

    Run(long seed) throws IOException {
      this.seed = seed;
      random = new Random(seed * 0x9E3779B97F4A7C15L);
      ending = ENDINGS.get(random.nextInt(ENDINGS.size()));
      atomic = random.nextInt(3) == 0;
      disks = disksWithAMirror(seed);
      stepper = new Stepper(random.nextLong());
      devices =
          DeviceSet.of(disks.disks().stream().map(stepper::stepped).toArray(BlockDevice[]::new));
    }

    void run() throws Exception {
      ImmutableMap<String, SectorHistory> histories;
      boolean fault = ending == Ending.FAULT;
      try (LiveVolumes volumes = open(devices)) {
        histories = histories(volumes);
        if (ending == Ending.CRASH) {
          cutThePowerSomewhere();
        } else if (fault) {
          // Somewhere among the first extents of the destination that are free: the first is not.
          disks
              .disk("b")
              .failWrites(
                  peStart() + (32 + random.nextInt(12 * 32)) * 512L, 512, 1 + random.nextInt(2));
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < USERS; i++) {
          Random own = new Random(random.nextLong());
          threads.add(new Thread(() -> guarded(() -> use(volumes, histories, own)), "user-" + i));
        }
        threads.add(
            new Thread(
                () -> {
                  guarded(() -> move(volumes));
                  over = true;
                },
                "mover"));
        stepper.drive(threads);
        for (Throwable failure : failures) {
          throw new AssertionError("of a thread", failure);
        }
        if (fault) {
          healed(volumes);
        }
        if (!disks.powerIsOff()) {
          for (String volume : VOLUMES) {
            histories.get(volume).requireFinal(read(volumes, volume));
          }
        }
      }
      for (SectorHistory history : histories.values()) {
        history.requireLinearizable();
      }
      if (disks.powerIsOff()) {
        recover(histories);
      } else if (ending != Ending.CRASH) {
        MoveLab.soundMetadata(disks);
      }
    }

    private long peStart() {
      StoredVolumeGroup group = DeviceSet.of(disks.disk("b")).scan().volumeGroup(SmallGroup.NAME);
      return group.volumeGroup().physicalVolumes().get(1).peStart().toBytes();
    }

    private void cutThePowerSomewhere() {
      int sectors = random.nextInt(6);
      long write = disks.writeCount() + 1 + random.nextInt(atomic ? 130 : 330);
      if (sectors == 0) {
        disks.cutPowerAfterWrite(write);
      } else {
        disks.cutPowerDuringWrite(write, sectors);
      }
    }

    /** What goes wrong on a thread of the run, but for the power. */
    private void guarded(Program program) {
      try {
        program.run();
      } catch (PowerCutException e) {
        if (!disks.powerIsOff()) {
          failures.add(e);
        }
      } catch (Throwable e) {
        // Whoever looks for the volume group then does not find it whole.
        if (!(disks.powerIsOff() && (e instanceof IOException || e instanceof LvmException))) {
          failures.add(e);
        }
      }
    }

    private void use(LiveVolumes volumes, ImmutableMap<String, SectorHistory> histories, Random own)
        throws IOException {
      for (int left = REQUESTS; left > 0; left -= over ? 1 : 0) {
        String volume = VOLUMES.get(own.nextInt(VOLUMES.size()));
        SectorHistory history = histories.get(volume);
        try (LogicalVolumeDevice device = volumes.open(volume)) {
          // A small part of each volume, so that requests meet.
          int sectors = history.sectors();
          int place = own.nextInt(4) * (sectors / 4) + own.nextInt(8);
          int count = Math.min(1 + own.nextInt(16), sectors - place);
          switch (own.nextInt(5)) {
            case 0, 1 -> {
              long began = history.tick();
              ByteBuffer bytes = ByteBuffer.allocate(count * SectorHistory.SECTOR);
              device.read((long) place * SectorHistory.SECTOR, bytes);
              history.read(place, bytes.flip(), began);
            }
            case 2, 3 -> {
              SectorHistory.Write write = history.begin(place, count);
              device.write(
                  (long) place * SectorHistory.SECTOR, history.bytes(write, own.nextBoolean()));
              history.ended(write);
            }
            default -> {
              long began = history.tick();
              device.flush();
              history.flushed(began);
            }
          }
        }
      }
    }

    private void move(LiveVolumes volumes) throws IOException {
      int stopAfter = ending == Ending.ABORT ? 1 + random.nextInt(40) : Integer.MAX_VALUE;
      AtomicReference<@Nullable PvMover> mover = new AtomicReference<>();
      int[] copied = {0};
      PvMover built =
          mover(
              volumes,
              devices,
              event -> {
                if (event instanceof MoveEvent.Copied && ++copied[0] == stopAfter) {
                  mover.get().stop();
                }
              });
      mover.set(built);
      MoveOutcome first = built.execute(built.plan(request(atomic)).orElseThrow());
      outcome.set(first);
      if (first instanceof MoveOutcome.Stopped && ending == Ending.ABORT) {
        count("aborted in the middle");
        MoveLab.assertCompleted(built.abort());
      } else if (ending == Ending.COMPLETE || ending == Ending.ABORT) {
        count("completed");
        MoveLab.assertCompleted(first);
      }
    }

    /** After a fault that passes: the move goes on, or back. */
    private void healed(LiveVolumes volumes) throws IOException {
      if (outcome.get() instanceof MoveOutcome.Stopped stopped) {
        assertThat(stopped.failure()).isInstanceOf(CopyFailedException.class);
        count("stopped by a fault");
        PvMover mover = mover(volumes, devices, MoveListener.NONE);
        MoveOutcome then = random.nextBoolean() ? mover.abort() : mover.resume();
        if (then instanceof MoveOutcome.Stopped) {
          // The fault had not passed yet.
          then = mover.resume();
        }
        if (then instanceof MoveOutcome.Stopped) {
          then = mover.resume();
        }
        MoveLab.assertCompleted(then);
        count("healed");
      }
    }

    /** After the power came back: nothing that was flushed is lost, then or by what follows. */
    private void recover(ImmutableMap<String, SectorHistory> histories) throws IOException {
      SimulatedDisks after = disks.crashImage(Unflushed.RANDOM);
      DeviceSet set = DeviceSet.of(after.disks().toArray(new BlockDevice[0]));
      try (LiveVolumes volumes = open(set)) {
        ImmutableMap.Builder<String, byte[]> contents = ImmutableMap.builder();
        for (String volume : VOLUMES) {
          byte[] found = read(volumes, volume);
          histories.get(volume).requireNothingFlushedIsLost(found);
          contents.put(volume, found);
        }
        PvMover mover = mover(volumes, set, MoveListener.NONE);
        count(mover.movesInProgress().isEmpty() ? "cut before or after" : "cut in the middle");
        MoveLab.assertCompleted(random.nextBoolean() ? mover.resume() : mover.abort());
        for (Map.Entry<String, byte[]> content : contents.buildOrThrow().entrySet()) {
          assertThat(read(volumes, content.getKey()))
              .as("%s after the restart", content.getKey())
              .isEqualTo(content.getValue());
        }
      }
      MoveLab.soundMetadata(after);
    }

    @Override
    public String toString() {
      return "run " + seed;
    }
  }

  /** What a thread does. */
  private interface Program {
    void run() throws Exception;
  }

  private static MoveRequest request(boolean atomic) {
    return MoveRequest.from("a")
        .to("b")
        .maxSegmentBytes(MoveLab.SEGMENT_BYTES)
        .atomic(atomic)
        .build();
  }

  private static PvMover mover(LiveVolumes volumes, DeviceSet devices, MoveListener listener) {
    return PvMover.builder(devices, SmallGroup.NAME)
        .checkpointBytes(0)
        .volumes(volumes)
        .listener(listener)
        .random(new Random(7))
        .host("test")
        .build();
  }

  private static LiveVolumes open(DeviceSet devices) throws IOException {
    return LiveVolumes.builder(devices, SmallGroup.NAME).userFirst(new UserFirst(4096, 1)).open();
  }

  private static ImmutableMap<String, SectorHistory> histories(LiveVolumes volumes)
      throws IOException {
    ImmutableMap.Builder<String, SectorHistory> histories = ImmutableMap.builder();
    for (String volume : VOLUMES) {
      histories.put(volume, new SectorHistory(volume, read(volumes, volume)));
    }
    return histories.buildOrThrow();
  }

  private static byte[] read(LiveVolumes volumes, String volume) throws IOException {
    try (LogicalVolumeDevice device = volumes.open(volume)) {
      byte[] bytes = new byte[(int) device.size()];
      device.read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  /** The disks of {@link MoveLab}, with a mirror one leg of which moves. */
  private static SimulatedDisks disksWithAMirror(long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    disks.add("a", MoveLab.DISK_BYTES);
    disks.add("b", MoveLab.DISK_BYTES);
    disks.add("c", MoveLab.DISK_BYTES);
    SmallGroup group = SmallGroup.on(disks.disks()).extentBytes(MoveLab.EXTENT_BYTES);
    Random random = new Random(1);
    group
        .linear(
            "frag",
            new SmallGroup.Run(0, 9, 2),
            new SmallGroup.Run(0, 0, 3),
            new SmallGroup.Run(1, 0, 1))
        .striped("str", 4 << 10, new SmallGroup.Run(0, 4, 3), new SmallGroup.Run(2, 0, 3))
        .striped("rts", 8 << 10, new SmallGroup.Run(2, 9, 2), new SmallGroup.Run(0, 20, 2))
        .linear("two", new SmallGroup.Run(0, 12, 1), new SmallGroup.Run(2, 5, 2))
        .volumes(
            List.of(
                LogicalVolume.builder("mir", LvmUuid.random(random))
                    .segments(
                        List.of(
                            Segment.of(
                                0,
                                2,
                                new SegmentType.Mirror(
                                    null,
                                    null,
                                    Sectors.ofBytesExact(MoveLab.EXTENT_BYTES),
                                    ImmutableList.of(
                                        new Area.Logical("mir_mimage_0", 0),
                                        new Area.Logical("mir_mimage_1", 0))))))
                    .build(),
                image("mir_mimage_0", random, group.range(0, 24, 2).pv(), 24),
                image("mir_mimage_1", random, group.range(2, 12, 2).pv(), 12)))
        .create();
    return disks.crashImage(Unflushed.KEPT);
  }

  private static LogicalVolume image(String name, Random random, LvmUuid pv, long extent) {
    return LogicalVolume.builder(name, LvmUuid.random(random))
        .flags(StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE))
        .segments(
            List.of(Segment.of(0, 2, SegmentType.Striped.linear(new Area.Physical(pv, extent)))))
        .build();
  }
}
