// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.BlockDevice;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** What a move of 256 MiB costs where the devices cost next to nothing: they are memory. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
public class CopyBenchmark {
  private static final int EXTENTS = 64;
  private static final String SOURCE = "/dev/sda";
  private static final String DESTINATION = "/dev/sdb";

  private @Nullable DeviceSet devices;
  private @Nullable CopyGroup group;
  private @Nullable PvMover mover;
  private @Nullable MovePlan plan;

  /** Makes a volume group with a logical volume full of bytes by chance. */
  @Setup
  public void makeVolumeGroup() throws IOException {
    BlockDevice source = CopyGroup.inMemory(SOURCE, EXTENTS);
    devices = DeviceSet.of(source, CopyGroup.inMemory(DESTINATION, EXTENTS));
    group = CopyGroup.create(devices, SOURCE, DESTINATION, EXTENTS, false);
    CopyGroup.Run run = group.runs().get(0);
    SplittableRandom random = new SplittableRandom(1);
    byte[] bytes = new byte[1 << 20];
    for (long done = 0; done < run.count(); done += bytes.length) {
      random.nextBytes(bytes);
      source.write(run.source() + done, ByteBuffer.wrap(bytes));
    }
    mover = PvMover.builder(devices, CopyGroup.NAME).build();
  }

  /** Puts the metadata back, so that everything is to be moved, and plans it. */
  @Setup(Level.Invocation)
  public void putBack() throws IOException {
    Objects.requireNonNull(group).putBack(Objects.requireNonNull(devices));
    plan =
        Objects.requireNonNull(mover)
            .plan(MoveRequest.from(SOURCE).to(DESTINATION).build())
            .orElseThrow();
  }

  /** Frees the memory. */
  @TearDown
  public void close() throws IOException {
    Objects.requireNonNull(devices).close();
  }

  /** Moves everything. */
  @Benchmark
  public MoveOutcome execute() throws IOException {
    MoveOutcome outcome = Objects.requireNonNull(mover).execute(Objects.requireNonNull(plan));
    if (outcome instanceof MoveOutcome.Stopped stopped) {
      throw new IOException("expected the move to end, found: " + stopped.reason());
    }
    return outcome;
  }
}
