// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ConcurrentHashMultiset;
import com.google.common.collect.Multiset;
import com.google.common.collect.Multisets;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pvmove.FaultyRun.Ending;
import org.pvmove.io.testing.RandomFaults;
import org.pvmove.io.testing.RandomFaults.Kind;

/**
 * Whatever fails, an outcome is right and complete, or names every range that is not.
 *
 * <p>{@code pvmove.faults} is the number of runs, and {@code pvmove.fault.seed} the seed of the
 * first one, from which those of the others count on.
 */
class FaultyRunTest {
  private static final int RUNS =
      Integer.getInteger("pvmove.faults", Boolean.getBoolean("pvmove.nightly") ? 10_000 : 500);
  private static final long FIRST_SEED = Long.getLong("pvmove.fault.seed", 20261125);

  @Test
  void endsRightOrNamesEveryRangeThatIsNot() {
    Multiset<Ending> endings = ConcurrentHashMultiset.create();
    Set<Kind> struck = ConcurrentHashMap.newKeySet();
    LongStream.range(FIRST_SEED, FIRST_SEED + RUNS)
        .parallel()
        .forEach(
            seed -> {
              try {
                new FaultyRun(seed)
                    .run(
                        (ending, kinds) -> {
                          endings.add(ending);
                          struck.addAll(kinds);
                        });
              } catch (IOException e) {
                throw new AssertionError("seed " + seed, e);
              }
            });
    System.out.printf(
        "%d runs with faults from seed %d, attempts: %s%n",
        RUNS, FIRST_SEED, Multisets.copyHighestCountFirst(endings));
    if (RUNS >= 500) {
      assertThat(endings.elementSet()).containsAll(EnumSet.allOf(Ending.class));
      assertThat(struck).containsAll(RandomFaults.allKinds());
    }
  }
}
