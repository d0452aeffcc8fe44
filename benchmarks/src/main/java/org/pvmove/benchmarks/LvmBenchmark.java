// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What LVM2 takes to read and check the volume groups of {@link MetadataBenchmark}: a whole run of
 * {@code lvm vgs}, from the start of the program to its end, as a script would wait for it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 3)
@Fork(1)
public class LvmBenchmark {
  /** Number of logical volumes; each has four segments. */
  @Param({"1000", "10000"})
  private int logicalVolumes;

  /** Where the segments lie; LVM2 takes much longer if they are scattered. */
  @Param private Layout layout = Layout.SCATTERED;

  private @Nullable RealLvm lvm;

  /** Puts the volume group on a loop device. */
  @Setup
  public void attach() throws IOException, InterruptedException {
    lvm = RealLvm.with(logicalVolumes, layout);
  }

  /** Removes the loop device. */
  @TearDown
  public void detach() throws IOException, InterruptedException {
    Objects.requireNonNull(lvm).remove();
  }

  /** Reports the volume group. */
  @Benchmark
  public String vgs() throws IOException, InterruptedException {
    String found = Objects.requireNonNull(lvm).vgs();
    String expected = "vg/" + logicalVolumes;
    if (!found.equals(expected)) {
      throw new IOException("expected vgs to report %s, found %s".formatted(expected, found));
    }
    return found;
  }
}
