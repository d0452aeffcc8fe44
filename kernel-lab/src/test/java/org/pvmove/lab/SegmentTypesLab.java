// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/**
 * A volume group with volumes of every segment type that a kernel has, filled by it; moved by this
 * library while it is inactive, in several ways; and looked at by kernels again. One boot to make
 * it, one for each guest to look.
 */
final class SegmentTypesLab {
  static final String VOLUME_GROUP = "types";

  /** Those with content of their own. */
  static final ImmutableList<String> VOLUMES =
      ImmutableList.of(
          "lin", "str", "mir", "r1", "r5", "r10", "t1", "t2", "t1s", "cached", "wc", "base",
          "bsnap");

  /** Those that this library reads by itself. */
  static final ImmutableList<String> MAPPED = ImmutableList.of("lin", "str", "mir", "r1", "base");

  static final ImmutableList<String> RAIDS = ImmutableList.of("r1", "r5", "r10");

  private static final int DISKS = 5;
  private static final long DISK_BYTES = 96 << 20;

  private final Path directory;
  private @Nullable DiskSet inactive;
  private @Nullable DiskSet half;

  SegmentTypesLab(Path directory) {
    this.directory = directory;
  }

  /** How the first disk is emptied. */
  enum Way {
    NOT_AT_ALL("before any move"),
    WHOLE("as a whole"),
    VOLUME_BY_VOLUME("volume by volume"),
    ATOMIC("atomically"),
    LVM2_FINISHES("half by this library, the rest by LVM2"),
    LVM2_ABORTS("half by this library, given up by LVM2"),
    WE_FINISH("half by LVM2, the rest by this library"),
    WE_ABORT("half by LVM2, given up by this library"),
    LVM2_FAILS("half by LVM2, not carried on by it after a power cut");

    private final String text;

    Way(String text) {
      this.text = text;
    }

    /** Whether it is LVM2 that ends it. */
    boolean endsByLvm() {
      return this == LVM2_FINISHES || this == LVM2_ABORTS;
    }

    /** Whether it is LVM2 that begins it. */
    boolean beginsByLvm() {
      return this == WE_FINISH || this == WE_ABORT || this == LVM2_FAILS;
    }

    /** Whether nothing is to be left on the first disk. */
    boolean empties() {
      return switch (this) {
        case WHOLE, VOLUME_BY_VOLUME, ATOMIC, WE_FINISH -> true;
        default -> false;
      };
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * What a guest saw.
   *
   * @param made what the guest that made the volumes printed
   * @param console what this guest printed
   * @param ends the volume groups as the disks told in the end
   * @param librarySums checksums as this library reads the volumes before the guest sees them, some
   *     in the middle of a move
   */
  record Findings(
      Guest guest,
      Console made,
      Console console,
      Map<Way, StoredVolumeGroup> ends,
      Map<Way, ImmutableList<String>> librarySums) {}

  /** The findings of each guest. */
  List<Findings> run(List<Guest> guests) throws Exception {
    Console made = Labs.attempt(directory, this::make);
    Map<Way, DiskSet> moved = new LinkedHashMap<>();
    Map<Way, ImmutableList<String>> sums = new EnumMap<>(Way.class);
    for (Way way : Way.values()) {
      DiskSet copy = (way.beginsByLvm() ? half : inactive).copyTo(directory.resolve(way.name()));
      move(way, copy);
      moved.put(way, copy);
      sums.put(way, LibrarySums.of(copy, MAPPED));
    }
    return Labs.sideBySide(guests, directory, (guest, own) -> look(guest, made, moved, sums));
  }

  private Console make(Path own) throws Exception {
    DiskSet disks = DiskSet.create(own.resolve("made"), VOLUME_GROUP, DISKS, DISK_BYTES);
    Machine.Setup setup = Machine.of(Guest.BOOKWORM);
    setup.script("set -- %s; use $*".formatted(setup.disks(disks.images())));
    setup.script(
        """
        make() { l lvcreate -qq -y "$@" || echo "cannot make $*"; }
        l pvcreate -qq -ff -y "$@" && l vgcreate -qq -s 512k types "$@"
        make -Wn -l 12 -n lin types $1
        make -Wn -i 2 -l 12 -n str types $1 $2
        make -Wn --type mirror -m 1 --mirrorlog core -l 12 -n mir types $1 $2
        make -Wn --type raid1 -m 1 -l 12 -n r1 types $1 $2
        make -Wn --type raid5 -i 2 -l 12 -n r5 types $1 $2 $3
        make -Wn --type raid10 -i 2 -m 1 -l 12 -n r10 types $1 $2 $3 $4
        make --type thin-pool -l 40 --poolmetadatasize 2M -n pool types $1
        make -Wn -V 6M --thinpool pool -n t1 types
        make -Wn -V 6M --thinpool pool -n t2 types
        make -Wn -l 12 -n cached types $1
        make --type cache-pool -l 16 --poolmetadatasize 2M -n cpool types $1
        l lvconvert -qq -y --type cache --cachemode writeback --cachepool types/cpool types/cached
        make -Wn -l 12 -n wc types $1
        make -Wn -an -l 16 -n wcache types $2
        l lvconvert -qq -y --type writecache --cachevol wcache types/wc
        make -Wn -l 12 -n base types $1
        fill types lin str mir r1 r5 r10 t1 t2 cached wc base
        make -s -n t1s types/t1
        l lvchange -qq -ay -K types/t1s
        make -s -l 8 -n bsnap types/base $1
        # Snapshots and caches that have something to tell.
        for lv in t1 base cached wc; do pattern again 4096 > /dev/mapper/types-$lv; done
        while l lvs --noheadings -o sync_percent types | grep -q '[0-9]' &&
          l lvs --noheadings -o sync_percent types/mir types/r1 types/r5 types/r10 | grep -vq '100.00'; do
          sleep 0.3
        done
        """);
    setup.script("section sums sums types " + String.join(" ", VOLUMES));
    setup.script("section tables tables; section report report types");
    setup.script(
        """
        section end l vgchange -qq -an types
        sync; echo LAB-MADE; sleep 3
        l vgchange -qq -ay -K types
        l pvmove -i1 $1 $5 &
        while jobs | grep -q Running; do echo LAB-MOMENT; sleep 0.2; done
        """);
    try (Machine machine = setup.boot()) {
      machine.await("LAB-MADE");
      machine.hold(() -> inactive = disks.copyTo(own.resolve("inactive")));
      while (half == null) {
        machine.await("LAB-MOMENT");
        machine.hold(() -> half = isHalfMoved(disks) ? disks.copyTo(own.resolve("half")) : null);
      }
      return machine.console();
    }
  }

  private static boolean isHalfMoved(DiskSet disks) throws IOException {
    StoredVolumeGroup stored = disks.scan();
    // Findings tell that a commit is under way.
    return stored.findings().isEmpty()
        && Pvmove.allOf(stored.volumeGroup()).stream()
            .map(Pvmove::pieces)
            .anyMatch(
                pieces -> pieces.stream().filter(Pvmove.Piece::done).count() >= pieces.size() / 2);
  }

  private static void move(Way way, DiskSet disks) throws IOException {
    if (way == Way.NOT_AT_ALL || way == Way.LVM2_FAILS) {
      return;
    }
    try (DeviceSet devices = disks.open()) {
      Half half = new Half();
      PvMover mover =
          PvMover.builder(devices, VOLUME_GROUP)
              .checkpointBytes(0)
              .listener(event -> half.on(event, way))
              .build();
      half.mover = mover;
      MoveRequest all =
          MoveRequest.from(disks.image('a').toString()).atomic(way == Way.ATOMIC).build();
      if (way == Way.VOLUME_BY_VOLUME) {
        for (String volume :
            List.of(
                "bsnap", "base", "wc", "cached", "t2", "r10", "r5", "r1", "mir", "str", "lin")) {
          moveAll(mover, all.toBuilder().logicalVolume(volume).build());
        }
        // What no volume stands on: the spare of the pools' metadata.
        moveAll(mover, all);
      } else {
        MovePlan plan =
            mover
                .plan(way.endsByLvm() ? all.toBuilder().without(List.of("bsnap")).build() : all)
                .orElseThrow();
        assertThat(mover.execute(plan))
            .isInstanceOf(
                way.endsByLvm() ? MoveOutcome.Stopped.class : MoveOutcome.Completed.class);
      }
    }
  }

  private static void moveAll(PvMover mover, MoveRequest request) throws IOException {
    MovePlan plan = mover.plan(request).orElseThrow();
    assertThat(plan.skipped()).isEmpty();
    assertThat(mover.execute(plan)).isInstanceOf(MoveOutcome.Completed.class);
  }

  /** Stops a move in the middle of its segments, where that is wanted. */
  private static final class Half {
    private PvMover mover;
    private int segments;

    void on(MoveEvent event, Way way) {
      if (event instanceof MoveEvent.Started started) {
        segments = started.segments();
      } else if (event instanceof MoveEvent.Checkpoint checkpoint
          && way.endsByLvm()
          && checkpoint.segments().containsKey(segments / 2)) {
        mover.stop();
      }
    }
  }

  private static Findings look(
      Guest guest, Console made, Map<Way, DiskSet> moved, Map<Way, ImmutableList<String>> sums)
      throws Exception {
    Machine.Setup setup = Machine.of(guest);
    setup.script(
        """
        check_raid() {
          l lvchange -qq --syncaction check types/$1 || return
          while [ "$(l lvs --noheadings -o raid_sync_action types/$1 | tr -d ' ')" != idle ]; do sleep 0.2; done
          l lvs --noheadings -o raid_mismatch_count,health_status types/$1
        }
        # What a pool keeps about itself, looked at while the pool is not active.
        check_pool() {
          l lvchange -qq -y -ay types/$2 && $1 /dev/mapper/types-$2 && l lvchange -qq -an types/$2
        }
        look() {
          section $1.check l vgck types
          section $1.activate l vgchange -qq -ay -K types
          section $1.tables tables
        """);
    setup.script("section $1.sums sums types " + String.join(" ", VOLUMES));
    for (String raid : RAIDS) {
      setup.script("section $1.%1$s check_raid %1$s".formatted(raid));
    }
    setup.script(
        """
          section $1.deactivate l vgchange -qq -an types
          section $1.thin check_pool thin_check pool_tmeta
          section $1.cache check_pool cache_check cpool_cpool_cmeta
          section $1.report report types
        }
        """);
    Map<Way, DiskSet> own = new LinkedHashMap<>();
    for (Map.Entry<Way, DiskSet> entry : moved.entrySet()) {
      Way way = entry.getKey();
      // Each guest has disks of its own.
      DiskSet disks =
          entry.getValue().copyTo(entry.getValue().images().get(0).resolveSibling(guest.release()));
      own.put(way, disks);
      setup.script(setup.bring(disks));
      if (way.endsByLvm()) {
        setup.script("l vgchange -qq -ay --poll n types");
        setup.script(
            "section %s.end l pvmove -i1 %s; l vgchange -qq -an types"
                .formatted(way.name(), way == Way.LVM2_ABORTS ? "--abort" : ""));
      }
      setup.script(
          way == Way.LVM2_FAILS
              ? "section %s.activate l vgchange -qq -ay --poll n types".formatted(way.name())
              : "look " + way.name());
    }
    try (Machine machine = setup.boot()) {
      Console console = machine.end();
      Map<Way, StoredVolumeGroup> ends = new LinkedHashMap<>();
      for (Map.Entry<Way, DiskSet> entry : own.entrySet()) {
        ends.put(entry.getKey(), entry.getValue().scan());
      }
      return new Findings(guest, made, console, ends, sums);
    }
  }
}
