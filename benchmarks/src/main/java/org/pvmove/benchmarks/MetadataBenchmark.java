// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
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
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.text.MetadataText;

/**
 * How reading, checking, printing and committing grow with the volume group.
 *
 * <p>The heap is large and collected by the collector for throughput: otherwise it would be
 * measured how often the largest group is copied within the heap.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms4g", "-Xmx4g", "-Xmn3g", "-XX:+UseParallelGC"})
public class MetadataBenchmark {
  /** Number of logical volumes; each has four segments. */
  @Param({"1000", "10000", "100000"})
  private int logicalVolumes;

  /** Where the segments lie. */
  @Param private Layout layout = Layout.SCATTERED;

  private DeviceSet devices = DeviceSet.of();
  private @Nullable StoredVolumeGroup stored;
  private byte[] text = new byte[0];

  /** Makes the volume group on a device in memory. */
  @Setup
  public void makeVolumeGroup() throws IOException {
    devices = DeviceSet.of(BlockDevices.inMemory("/dev/sda", ManyVolumes.DEVICE_BYTES));
    stored = ManyVolumes.store(devices, logicalVolumes, layout);
    text = ManyVolumes.text(stored.volumeGroup());
  }

  private StoredVolumeGroup stored() {
    return Objects.requireNonNull(stored);
  }

  /** Reads the text and checks the volume group. */
  @Benchmark
  public List<Violation> readAndCheck() {
    return VolumeGroupCheck.check(MetadataText.parse(text).volumeGroup());
  }

  /** Prints the volume group. */
  @Benchmark
  public byte[] print() {
    return ManyVolumes.text(stored().volumeGroup());
  }

  /** Changes one logical volume and commits the new version. */
  @Benchmark
  public StoredVolumeGroup editAndCommit() throws IOException {
    VolumeGroup now = stored().volumeGroup();
    LogicalVolume first = now.logicalVolumes().get(0);
    String tag = first.tags().isEmpty() ? "a" : first.tags().get(0).equals("a") ? "b" : "a";
    StoredVolumeGroup next =
        devices.commit(
            stored(),
            now.withLogicalVolumes(
                ImmutableList.of(first.toBuilder().tags(ImmutableList.of(tag)).build())),
            ManyVolumes.HEADER);
    stored = next;
    return next;
  }
}
