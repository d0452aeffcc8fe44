// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Violation;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.text.MetadataText;

/**
 * The memory that a metadata text costs, found by reading and checking it in virtual machines with
 * less and less heap.
 *
 * @param kept bytes of heap that the volume group occupies once it is read
 * @param smallestHeap bytes of the smallest heap in which reading and checking succeed, the text
 *     included; at most a sixteenth too large
 */
record HeapNeed(long kept, long smallestHeap) {
  private static final long MOST = 4L << 30;

  /** Measures a text. */
  static HeapNeed of(byte[] text) throws IOException, InterruptedException {
    Path file = Files.createTempFile("pvmove-benchmark", ".text");
    try {
      Files.write(file, text);
      Long kept = read(file, MOST);
      if (kept == null) {
        throw new IOException("expected %d bytes of heap to suffice".formatted(MOST));
      }
      long tooSmall = kept;
      long enough = MOST;
      while (enough - tooSmall > enough / 16) {
        long heap = (tooSmall + enough) / 2;
        if (read(file, heap) == null) {
          tooSmall = heap;
        } else {
          enough = heap;
        }
      }
      return new HeapNeed(kept, enough);
    } finally {
      Files.delete(file);
    }
  }

  /** What the volume group occupies, or null if that much heap is not enough to read it. */
  private static @Nullable Long read(Path file, long heap)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx" + heap,
                "-cp",
                System.getProperty("java.class.path"),
                HeapNeed.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? Long.valueOf(output.strip()) : null;
  }

  /** Reads and checks the text in a file and prints how many bytes the volume group occupies. */
  public static void main(String[] args) throws IOException {
    long before = used();
    VolumeGroup vg = MetadataText.parse(Files.readAllBytes(Path.of(args[0]))).volumeGroup();
    try {
      ImmutableList<Violation> violations = VolumeGroupCheck.check(vg);
      if (!violations.isEmpty()) {
        throw new IOException("expected nothing to be wrong, found " + violations.get(0));
      }
      System.out.println(used() - before);
    } finally {
      Reference.reachabilityFence(vg);
    }
  }

  private static long used() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
