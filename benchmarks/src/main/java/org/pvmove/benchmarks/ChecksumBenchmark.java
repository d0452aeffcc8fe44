// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the checksum of {@link org.pvmove.execute.Checksum} costs for each MiB that is copied, and
 * for comparison another one, and what it costs to copy a MiB in memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChecksumBenchmark {
  private static final int BYTES = 1 << 20;

  private final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES);
  private final ByteBuffer other = ByteBuffer.allocateDirect(BYTES);

  /** Fills the buffer. */
  @Setup
  public void fill() {
    byte[] random = new byte[BYTES];
    new SplittableRandom(1).nextBytes(random);
    bytes.put(random).flip();
  }

  private long sum(Checksum checksum) {
    checksum.update(bytes.duplicate());
    return checksum.getValue();
  }

  /** CRC-32, which copies have. */
  @Benchmark
  public long crc32() {
    return sum(new CRC32());
  }

  /** CRC-32C, which they might have. */
  @Benchmark
  public long crc32c() {
    return sum(new CRC32C());
  }

  /** A copy from buffer to buffer. */
  @Benchmark
  public ByteBuffer copy() {
    return other.clear().put(bytes.duplicate());
  }
}
