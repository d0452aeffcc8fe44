// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.io.testing.RandomFaults.Injected;
import org.pvmove.io.testing.RandomFaults.Kind;

class RandomFaultsTest {
  private static final int SIZE = 64 * 512;

  private static SimulatedDisks disks() {
    SimulatedDisks disks = new SimulatedDisks(5);
    disks.add("a", SIZE);
    disks.add("b", SIZE);
    return disks;
  }

  /** Reads, writes and flushes at random, and notes how it went. */
  private static List<String> use(SimulatedDisks disks, int operations) {
    return use(disks, operations, 9);
  }

  private static List<String> use(SimulatedDisks disks, int operations, long seed) {
    Random random = new Random(seed);
    List<String> outcomes = new ArrayList<>();
    for (int i = 0; i < operations; i++) {
      SimulatedBlockDevice disk = disks.disks().get(random.nextInt(2));
      int at = random.nextInt(SIZE);
      ByteBuffer buffer = ByteBuffer.allocate(1 + random.nextInt(SIZE - at));
      try {
        switch (random.nextInt(3)) {
          case 0 -> disk.read(at, buffer);
          case 1 -> disk.write(at, buffer);
          default -> disk.flush();
        }
        outcomes.add("done");
      } catch (IOException e) {
        outcomes.add(e.getMessage());
      }
    }
    return outcomes;
  }

  @Property(tries = 50)
  void doesTheSameAgainForTheSameSeedAndOrderOfOperations(@ForAll long seed) {
    SimulatedDisks first = disks();
    RandomFaults faults = new RandomFaults(seed, 20, RandomFaults.allKinds());
    faults.strike(first);
    SimulatedDisks second = disks();
    RandomFaults again = new RandomFaults(seed, 20, RandomFaults.allKinds());
    again.strike(second);

    assertThat(use(second, 200)).isEqualTo(use(first, 200));
    assertThat(again.injected()).isEqualTo(faults.injected());
    assertThat(again).hasToString(faults.toString());
    assertThat(second.contentHash()).isEqualTo(first.contentHash());
  }

  @Test
  void doesSomethingElseForAnotherSeed() {
    Set<String> runs = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      RandomFaults faults = new RandomFaults(seed, 10, RandomFaults.allKinds());
      SimulatedDisks disks = disks();
      faults.strike(disks);
      use(disks, 100);
      runs.add(faults.injected().toString());
    }
    assertThat(runs).hasSize(20);
  }

  @ParameterizedTest
  @EnumSource
  void makesTheOperationFailThatItStrikes(Kind kind) {
    int struck = 0;
    for (long seed = 0; seed < 50; seed++) {
      SimulatedDisks disks = disks();
      RandomFaults faults = new RandomFaults(seed, 1, EnumSet.of(kind));
      faults.strike(disks);
      String outcome = use(disks, 1, seed * 0x9E3779B97F4A7C15L).get(0);
      boolean fits = !faults.injected().isEmpty();
      // A power cut right after the write, or an end behind what is read, is none of its business.
      if (kind != Kind.POWER_CUT && kind != Kind.SHRINKING) {
        assertThat(!outcome.equals("done")).as("%s: %s", faults, outcome).isEqualTo(fits);
      }
      struck += fits ? 1 : 0;
    }
    assertThat(struck).isGreaterThan(0);
  }

  @Test
  void strikesOneOperationInSoMany() {
    RandomFaults faults = new RandomFaults(3, 10, EnumSet.of(Kind.FLUSH_ERROR));
    SimulatedDisks disks = disks();
    faults.strike(disks);

    use(disks, 3000);

    // A third of the operations are flushes.
    assertThat(faults.injected()).hasSizeBetween(70, 130);
  }

  @Test
  void bringsAbsentDisksBackAlsoAfterItStopped() {
    RandomFaults faults = new RandomFaults(3, 1, EnumSet.of(Kind.ABSENCE));
    SimulatedDisks disks = disks();
    faults.strike(disks);
    assertThat(use(disks, 1).get(0)).contains("has vanished");
    faults.stop();

    List<String> outcomes = use(disks, 100);

    assertThat(outcomes).anyMatch(outcome -> outcome.contains("has vanished"));
    assertThat(outcomes.subList(50, 100)).noneMatch(outcome -> outcome.contains("has vanished"));
    assertThat(faults.injected()).hasSize(1);
  }

  @Test
  void shrinksADisk() throws Exception {
    RandomFaults faults = new RandomFaults(3, 1, EnumSet.of(Kind.SHRINKING));
    SimulatedDisks disks = disks();
    faults.strike(disks);

    assertThatThrownBy(() -> disks.disk("a").flush()).isInstanceOf(EOFException.class);

    faults.stop();
    long end = faults.injected().get(0).byteOffset();
    assertThat(end).isBetween(0L, SIZE - 1L);
    disks.disk("a").read(0, ByteBuffer.allocate((int) end));
    assertThat(disks.crashImage(Unflushed.LOST).disk("a").size()).isEqualTo(end);
  }

  @Test
  void putsLastingErrorsOnDisksAfterAPowerCycle() throws Exception {
    RandomFaults faults =
        new RandomFaults(3, 1, EnumSet.of(Kind.LASTING_READ_ERROR, Kind.PASSING_WRITE_ERROR));
    SimulatedDisks disks = disks();
    faults.strike(disks);
    SimulatedBlockDevice a = disks.disk("a");
    assertThatThrownBy(() -> a.read(1024, ByteBuffer.allocate(512)))
        .hasMessageContaining("injected read error at byte offset 1024");
    assertThatThrownBy(() -> a.write(8192, ByteBuffer.allocate(512)))
        .isInstanceOf(IOException.class);
    faults.stop();
    SimulatedDisks image = disks.crashImage(Unflushed.LOST);
    image.disk("a").read(1024, ByteBuffer.allocate(512));

    faults.applyLastingErrors(image);

    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> image.disk("a").read(1024, ByteBuffer.allocate(512)))
          .hasMessageContaining("injected read error at byte offset 1024");
    }
    image.disk("a").write(8192, ByteBuffer.allocate(512));
    image.disk("b").read(0, ByteBuffer.allocate(SIZE));
  }

  @Test
  void describesWhatItDid() {
    RandomFaults faults = new RandomFaults(77, 1, EnumSet.of(Kind.PASSING_READ_ERROR));
    SimulatedDisks disks = disks();
    faults.strike(disks);
    assertThat(faults).hasToString("random faults, seed 77, one operation in 1: 0");

    assertThatThrownBy(() -> disks.disk("b").read(512, ByteBuffer.allocate(512)))
        .isInstanceOf(IOException.class);

    Injected fault = faults.injected().get(0);
    assertThat(fault.disk()).isEqualTo("b");
    assertThat(fault.byteOffset()).isEqualTo(512);
    assertThat(faults.toString())
        .isEqualTo(
            """
            random faults, seed 77, one operation in 1: 1
              PASSING_READ_ERROR at operation 1, read of 512 bytes at byte offset 512 on 'b' after \
            write 0: %d bytes at byte offset 512 fail, %d times"""
                .formatted(fault.byteCount(), fault.count()));
    assertThatThrownBy(() -> new RandomFaults(1, 0, RandomFaults.allKinds()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("one operation in 0: expected 1 or more");
  }
}
