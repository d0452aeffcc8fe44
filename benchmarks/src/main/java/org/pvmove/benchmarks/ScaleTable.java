// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import java.io.IOException;
import java.util.Collection;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.pvmove.device.DeviceSet;
import org.pvmove.io.BlockDevices;

/**
 * How time and memory grow with the number of logical volumes, and how long LVM2 takes, in
 * Markdown.
 */
final class ScaleTable {
  private static final int[] SIZES = {1_000, 10_000, 100_000};
  private static final double MB = 1e6;

  private final Collection<RunResult> results;
  private final StringBuilder out = new StringBuilder();

  private ScaleTable(Collection<RunResult> results) {
    this.results = results;
  }

  /** The tables of a run of all benchmarks; the need of heap is measured on the way. */
  static String of(Collection<RunResult> results) throws IOException, InterruptedException {
    ScaleTable table = new ScaleTable(results);
    for (Layout layout : Layout.values()) {
      table.add(layout);
    }
    return table.out.toString();
  }

  private void add(Layout layout) throws IOException, InterruptedException {
    out.append("\nSegments ").append(layout).append(":\n\n");
    row(
        "LVs × 4 segments",
        "text, MB",
        "read + check, ms",
        "allocated, MB",
        "kept, MB",
        "smallest heap, MB",
        "edit + commit, ms",
        "allocated, MB",
        "lvm vgs, ms",
        "vgs / read + check");
    out.append("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (int size : SIZES) {
      byte[] text = text(size, layout);
      HeapNeed heap = HeapNeed.of(text);
      double read = millis("readAndCheck", size, layout);
      double vgs = millis("vgs", size, layout);
      row(
          "%,d".formatted(size),
          number(text.length / MB),
          number(read) + growth("readAndCheck", size, layout),
          number(allocatedMb("readAndCheck", size, layout)),
          number(heap.kept() / MB),
          number(heap.smallestHeap() / MB),
          number(millis("editAndCommit", size, layout)) + growth("editAndCommit", size, layout),
          number(allocatedMb("editAndCommit", size, layout)),
          number(vgs),
          number(vgs / read));
    }
  }

  private void row(String... cells) {
    StringJoiner row = new StringJoiner(" | ", "| ", " |\n");
    for (String cell : cells) {
      row.add(cell);
    }
    out.append(row);
  }

  private static byte[] text(int size, Layout layout) throws IOException {
    try (DeviceSet device =
        DeviceSet.of(BlockDevices.inMemory("/dev/sda", ManyVolumes.DEVICE_BYTES))) {
      return ManyVolumes.text(ManyVolumes.store(device, size, layout).volumeGroup());
    }
  }

  /** How many times as long as for a tenth of the volumes. */
  private String growth(String benchmark, int size, Layout layout) {
    double times = millis(benchmark, size, layout) / millis(benchmark, size / 10, layout);
    return Double.isNaN(times) ? "" : " (×" + number(times) + ")";
  }

  private double millis(String benchmark, int size, Layout layout) {
    RunResult result = find(benchmark, size, layout);
    return result == null ? Double.NaN : result.getPrimaryResult().getScore();
  }

  private double allocatedMb(String benchmark, int size, Layout layout) {
    RunResult result = find(benchmark, size, layout);
    Result<?> bytes =
        result == null ? null : result.getSecondaryResults().get("gc.alloc.rate.norm");
    return bytes == null ? Double.NaN : bytes.getScore() / MB;
  }

  private @Nullable RunResult find(String benchmark, int size, Layout layout) {
    for (RunResult result : results) {
      BenchmarkParams params = result.getParams();
      if (params.getBenchmark().endsWith("." + benchmark)
          && params.getParam("logicalVolumes").equals(Integer.toString(size))
          && params.getParam("layout").equals(layout.name())) {
        return result;
      }
    }
    return null;
  }

  /** Three digits that count; "-" for what was not measured. */
  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "-";
    }
    return value < 10
        ? "%.2f".formatted(value)
        : value < 100 ? "%.1f".formatted(value) : "%,.0f".formatted(value);
  }
}
