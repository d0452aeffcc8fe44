// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.testing;

import com.google.common.collect.ImmutableList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.pvmove.lvm.VolumeGroup;

/**
 * Volume groups for property tests. They are built so that nothing is wrong or odd about them: the
 * validator has no violation to report, not even a notice. They shrink to few and small volumes.
 */
public final class VolumeGroups {
  private VolumeGroups() {}

  /** What kind of logical volume to build; the parts of stacks come with it. */
  enum Kind {
    LINEAR,
    STRIPED,
    MIRROR,
    MIRROR_WITH_LOG,
    RAID0,
    RAID1,
    RAID5,
    RAID6,
    RAID10,
    RAID1_WITH_INTEGRITY,
    SNAPSHOT,
    THIN,
    THIN_ON_RAID1,
    CACHE_VOLUME,
    CACHE_POOL,
    WRITECACHE,
    VDO,
    ZERO,
    ERROR
  }

  /** A move in progress: none, piece by piece, or all at once. */
  enum Move {
    NONE,
    SEGMENTS,
    ATOMIC
  }

  record PvSpec(int extents, int spareSectors, boolean allocatable, List<String> tags) {}

  record LvSpec(
      Kind kind, String name, int length, int pieces, int width, int flags, List<String> tags) {}

  record Spec(
      String name,
      long extentSize,
      List<PvSpec> pvs,
      List<LvSpec> lvs,
      Move move,
      int moveFrom,
      int movedMask,
      boolean extras,
      long salt) {}

  /** Volume groups with all kinds of volumes, some with a move in progress. */
  public static Arbitrary<VolumeGroup> volumeGroups() {
    return specs(Arbitraries.of(Move.NONE, Move.SEGMENTS, Move.ATOMIC));
  }

  /** Volume groups without a move in progress. */
  public static Arbitrary<VolumeGroup> volumeGroupsAtRest() {
    return specs(Arbitraries.just(Move.NONE));
  }

  private static Arbitrary<VolumeGroup> specs(Arbitrary<Move> moves) {
    Arbitrary<String> names =
        Arbitraries.of("vg", "a", "data.vg", "v-g", "+g_", "VG0", "n".repeat(60));
    Arbitrary<Long> extentSizes = Arbitraries.of(8192L, 128L, 256L, 2048L);
    return Combinators.combine(
            names,
            extentSizes,
            pvs().list().ofMinSize(1).ofMaxSize(5),
            lvs().list().ofMaxSize(8),
            moves,
            Arbitraries.integers().between(0, 4),
            Arbitraries.integers().between(0, 255),
            Arbitraries.of(false, true))
        .flatAs(
            (name, extentSize, pvSpecs, lvSpecs, move, from, mask, extras) ->
                Arbitraries.longs()
                    .between(0, 1_000_000)
                    .map(
                        salt ->
                            new Spec(
                                name,
                                extentSize,
                                pvSpecs,
                                lvSpecs,
                                move,
                                from,
                                mask,
                                extras,
                                salt)))
        .map(spec -> new VolumeGroupBuilder(spec).build())
        // Combined, the edge cases of the parts would be all that most properties ever try.
        .withoutEdgeCases();
  }

  private static Arbitrary<PvSpec> pvs() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 60),
            Arbitraries.integers().between(0, 127),
            Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.just(true)), Tuple.of(1, Arbitraries.just(false))),
            tags())
        .as(PvSpec::new);
  }

  private static Arbitrary<LvSpec> lvs() {
    return Combinators.combine(
            Arbitraries.of(Kind.class),
            Arbitraries.of("home", "a.b", "x-y", "_u", "+p", "0", "lv.-+_", "l".repeat(40)),
            Arbitraries.integers().between(1, 12),
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(2, 3),
            Arbitraries.integers().between(0, 63),
            tags())
        .as(LvSpec::new);
  }

  private static Arbitrary<List<String>> tags() {
    return Arbitraries.of("t", "a=b", "x/y:z", "#1", "!&.+-_")
        .list()
        .uniqueElements()
        .ofMaxSize(2)
        .map(ImmutableList::copyOf);
  }
}
