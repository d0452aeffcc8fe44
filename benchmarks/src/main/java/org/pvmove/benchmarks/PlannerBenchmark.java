// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

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
import org.openjdk.jmh.annotations.Warmup;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.Planner;

/**
 * How planning grows with the runs that move, ten extents each. A million extents in 100,000 runs
 * are to be planned in less than two seconds with 1 GiB of heap, and at most twelve times as long
 * as a tenth of them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-Xmn600m", "-XX:+UseParallelGC"})
public class PlannerBenchmark {
  /** What the free extents of the destinations look like. */
  public enum Destination {
    /** One area on each. */
    WHOLE,
    /** Areas of 1 to 39 extents: every run finds one that holds it. */
    FRAGMENTED,
    /** Areas of 1 to 19 extents: there are not enough that hold a run. */
    SPLINTERED
  }

  /** Number of runs on the source. */
  @Param({"1000", "10000", "100000"})
  private int runs;

  /** What the free extents look like. */
  @Param({"WHOLE", "FRAGMENTED"})
  private Destination destination = Destination.WHOLE;

  /** The allocation policy. */
  @Param({"NORMAL", "CONTIGUOUS", "CLING"})
  private AllocationPolicy policy = AllocationPolicy.NORMAL;

  private @Nullable VolumeGroup volumeGroup;
  private @Nullable MoveRequest request;

  /** Makes the volume group. */
  @Setup
  public void makeVolumeGroup() {
    volumeGroup = ScatteredRuns.of(runs, destination);
    request = MoveRequest.from(ScatteredRuns.SOURCE).policy(policy).build();
    System.out.printf("%d segments%n", plan().segments().size());
  }

  /** Plans to move everything off the source, to any place. */
  @Benchmark
  public MovePlan plan() {
    return Planner.plan(Objects.requireNonNull(volumeGroup), Objects.requireNonNull(request))
        .orElseThrow();
  }
}
