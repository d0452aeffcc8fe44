// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
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
import org.pvmove.device.NewVolumeGroup;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * How reading, checking, printing and committing grow with the volume group. Run with {@code -prof
 * gc} for the memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx4g")
public class MetadataBenchmark {
  private static final long DEVICE_BYTES = 1L << 40;
  private static final long EXTENT_SECTORS = 128;
  private static final long METADATA_BYTES = 256L << 20;

  /** Number of logical volumes; each has four segments. */
  @Param({"1000", "10000", "100000"})
  private int logicalVolumes;

  private final MetadataHeader header = MetadataHeader.of("benchmark", "host", 1_700_000_000L);
  private DeviceSet devices = DeviceSet.of();
  private @Nullable StoredVolumeGroup stored;
  private byte[] text = new byte[0];

  /** Makes the volume group on a device in memory. */
  @Setup
  public void makeVolumeGroup() throws IOException {
    devices = DeviceSet.of(BlockDevices.inMemory("/dev/sda", DEVICE_BYTES));
    NewVolumeGroup spec =
        NewVolumeGroup.named("vg")
            .extentSize(new ExtentSize(EXTENT_SECTORS))
            .metadataBytes(METADATA_BYTES)
            .random(new SplittableRandom(1));
    StoredVolumeGroup empty = devices.create(spec, header);
    stored = devices.commit(empty, ManyVolumes.on(empty.volumeGroup(), logicalVolumes), header);
    text = new MetadataText(stored.volumeGroup(), header).toDiskBytes();
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
    return new MetadataText(stored().volumeGroup(), header).toDiskBytes();
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
            header);
    stored = next;
    return next;
  }
}
