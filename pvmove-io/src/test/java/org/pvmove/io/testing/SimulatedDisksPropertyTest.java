// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * The fault model as a second, naive implementation: for every sector the list of what it may hold
 * after a power loss.
 */
class SimulatedDisksPropertyTest {
  private static final int SECTOR = 512;
  private static final int SIZE = 6 * SECTOR + 100;
  private static final List<String> NAMES = List.of("a", "b");

  /** One call; a count of 0 stands for a flush, which may fail. */
  record Action(int disk, int from, int count, int value, boolean fails) {}

  @Provide
  Arbitrary<List<Action>> actions() {
    Arbitrary<Integer> disk = Arbitraries.integers().between(0, NAMES.size() - 1);
    Arbitrary<Action> write =
        Combinators.combine(
                disk,
                Arbitraries.integers().between(0, SIZE - 1),
                Arbitraries.integers().between(1, 3 * SECTOR),
                Arbitraries.integers().between(1, 127))
            .as(
                (d, from, count, value) ->
                    new Action(d, from, Math.min(count, SIZE - from), value, false));
    Arbitrary<Action> flush =
        Combinators.combine(disk, Arbitraries.of(false, false, false, true))
            .as((d, fails) -> new Action(d, 0, 0, 0, fails));
    return Arbitraries.frequencyOf(Tuple.of(3, write), Tuple.of(1, flush)).list().ofMaxSize(30);
  }

  /** What each sector of one disk may hold: first what is durable, last what reads see. */
  private static final class Model {
    private final List<List<byte[]>> versions = new ArrayList<>();
    private final boolean[] written = new boolean[SIZE / SECTOR + 1];

    Model() {
      for (int at = 0; at < SIZE; at += SECTOR) {
        versions.add(new ArrayList<>(List.of(new byte[Math.min(SECTOR, SIZE - at)])));
      }
    }

    byte[] last(int sector) {
      return versions.get(sector).get(versions.get(sector).size() - 1);
    }

    void write(int from, int count, int value) {
      for (int sector = from / SECTOR; sector * SECTOR < from + count; sector++) {
        byte[] version = last(sector).clone();
        int begin = sector * SECTOR;
        Arrays.fill(
            version,
            Math.max(from - begin, 0),
            Math.min(from + count - begin, version.length),
            (byte) value);
        versions.get(sector).add(version);
        written[sector] = true;
      }
    }

    void flush(boolean fails) {
      for (int sector = 0; sector < versions.size(); sector++) {
        if (written[sector] && !fails) {
          versions.set(sector, new ArrayList<>(List.of(last(sector))));
        }
        written[sector] = false;
      }
    }
  }

  private static List<Model> perform(SimulatedDisks disks, List<Action> actions)
      throws IOException {
    List<Model> models = new ArrayList<>();
    for (String name : NAMES) {
      disks.add(name, SIZE);
      models.add(new Model());
    }
    for (Action action : actions) {
      SimulatedBlockDevice disk = disks.disks().get(action.disk());
      Model model = models.get(action.disk());
      if (action.count() > 0) {
        byte[] bytes = new byte[action.count()];
        Arrays.fill(bytes, (byte) action.value());
        disk.write(action.from(), ByteBuffer.wrap(bytes));
        model.write(action.from(), action.count(), action.value());
      } else {
        disk.failFlushes(action.fails() ? 1 : 0);
        boolean failed = false;
        try {
          disk.flush();
        } catch (IOException e) {
          failed = true;
        }
        assertThat(failed).isEqualTo(action.fails());
        model.flush(action.fails());
      }
    }
    return models;
  }

  private static byte[] sector(SimulatedBlockDevice disk, int sector) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(Math.min(SECTOR, SIZE - sector * SECTOR));
    disk.read((long) sector * SECTOR, target);
    return target.array();
  }

  @Property
  void whatWasFlushedSurvivesAndTheRestIsOldOrNewInEverySector(
      @ForAll("actions") List<Action> actions, @ForAll long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    List<Model> models = perform(disks, actions);
    SimulatedDisks kept = disks.crashImage(Unflushed.KEPT);
    SimulatedDisks lost = disks.crashImage(Unflushed.LOST);
    SimulatedDisks random = disks.crashImage(Unflushed.RANDOM);

    for (int i = 0; i < NAMES.size(); i++) {
      Model model = models.get(i);
      for (int sector = 0; sector < model.versions.size(); sector++) {
        String where = "disk %d, sector %d".formatted(i, sector);
        List<byte[]> versions = model.versions.get(sector);
        assertThat(sector(disks.disks().get(i), sector)).as(where).isEqualTo(model.last(sector));
        assertThat(sector(kept.disks().get(i), sector)).as(where).isEqualTo(model.last(sector));
        assertThat(sector(lost.disks().get(i), sector)).as(where).isEqualTo(versions.get(0));
        byte[] survived = sector(random.disks().get(i), sector);
        assertThat(versions).as(where).anyMatch(version -> Arrays.equals(version, survived));
      }
    }
  }

  @Property
  void everythingSurvivesOnceAllDisksAreFlushed(
      @ForAll("actions") List<Action> actions, @ForAll long seed) throws IOException {
    List<Action> neverFailing =
        actions.stream().filter(action -> !action.fails()).collect(Collectors.toList());
    SimulatedDisks disks = new SimulatedDisks(seed);
    List<Model> models = perform(disks, neverFailing);
    for (SimulatedBlockDevice disk : disks.disks()) {
      disk.flush();
    }

    for (Unflushed choice : Unflushed.values()) {
      SimulatedDisks image = disks.crashImage(choice);
      for (int i = 0; i < NAMES.size(); i++) {
        for (int sector = 0; sector < models.get(i).versions.size(); sector++) {
          assertThat(sector(image.disks().get(i), sector))
              .as("%s, disk %s, sector %s", choice, i, sector)
              .isEqualTo(models.get(i).last(sector));
        }
      }
    }
  }

  @Property
  void findsWithSubsetsWhatARunLeavesWhosePowerIsCutInAWrite(
      @ForAll("actions") List<Action> actions, @ForAll long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    perform(disks, actions);
    int undecided = disks.undecidedWrites().size();
    SimulatedDisks cut = disks.crashImage(Unflushed.KEPT);
    BitSet all = new BitSet();
    all.set(0, undecided + 1);

    byte[] bytes = new byte[3 * SECTOR];
    Arrays.fill(bytes, (byte) 99);
    disks.disks().get(0).write(100, ByteBuffer.wrap(bytes));
    for (int sectors = 0; sectors <= disks.undecidedWrites().get(undecided).sectorCount(); ) {
      SimulatedDisks torn = cut.crashImage(Unflushed.KEPT);
      torn.cutPowerDuringWrite(1, sectors);
      assertThatThrownBy(() -> torn.disks().get(0).write(100, ByteBuffer.wrap(bytes)))
          .isInstanceOf(PowerCutException.class);
      assertThat(disks.crashImage(all, sectors).contentHash())
          .as("%s sectors", sectors)
          .isEqualTo(torn.crashImage(Unflushed.KEPT).contentHash());
      sectors++;
    }
  }

  /** Of a sector only the newest kept version counts, however many older ones are lost. */
  @Property
  void holdsInEverySectorTheNewestWriteThatIsKept(
      @ForAll("actions") List<Action> actions, @ForAll long seed) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(seed);
    List<Action> neverFailing =
        actions.stream().filter(action -> !action.fails()).collect(Collectors.toList());
    List<Model> models = perform(disks, neverFailing);
    List<DiskOperation> undecided = disks.undecidedWrites();
    Random random = new Random(seed);
    BitSet kept = new BitSet();
    for (int i = 0; i < undecided.size(); i++) {
      kept.set(i, random.nextBoolean());
    }

    SimulatedDisks image = disks.crashImage(kept);

    for (int i = 0; i < NAMES.size(); i++) {
      for (int sector = 0; sector < models.get(i).versions.size(); sector++) {
        int versions = 0;
        int newest = 0;
        for (int write = 0; write < undecided.size(); write++) {
          DiskOperation operation = undecided.get(write);
          long first = operation.byteOffset() / SECTOR;
          if (operation.disk().equals(NAMES.get(i))
              && sector >= first
              && sector < first + operation.sectorCount()) {
            versions++;
            newest = kept.get(write) ? versions : newest;
          }
        }
        assertThat(sector(image.disks().get(i), sector))
            .as("disk %s, sector %s, kept %s of %s", i, sector, kept, undecided)
            .isEqualTo(models.get(i).versions.get(sector).get(newest));
      }
    }
  }
}
