// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.MetadataAreaState;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.report.PvDevice;
import org.pvmove.lvm.report.Reports;

/**
 * The five reports on all of some disks: the rows of each, which map the name of a column to its
 * text.
 */
final class LvmReports {
  private static final ImmutableMap<String, List<String>> COMMANDS =
      ImmutableMap.<String, List<String>>builder()
          .put("pvs", List.of("pvs"))
          .put("pvs --segments", List.of("pvs", "--segments"))
          .put("vgs", List.of("vgs"))
          .put("lvs", List.of("lvs", "-a", "-H"))
          .put("lvs --segments", List.of("lvs", "-a", "--segments"))
          .buildOrThrow();

  /** LVM2 2.03 has no words for these two types and says so; its rows are complete. */
  private static final String NO_LAYOUT =
      "Internal error: WARNING: Failed to properly detect layout and role for LV .*";

  private final ImmutableMap<String, ImmutableList<Map<String, String>>> rows;

  private LvmReports(Map<String, ImmutableList<Map<String, String>>> rows) {
    this.rows = ImmutableMap.copyOf(rows);
  }

  /** What this library reports. */
  static LvmReports ofLibrary(DeviceScan scan) {
    Reports reports =
        Reports.of(
            scan.volumeGroups().stream().map(StoredVolumeGroup::volumeGroup).toList(),
            scan.devices().stream()
                .filter(device -> device.label() != null)
                .map(LvmReports::device)
                .toList());
    return new LvmReports(
        Map.of(
            "pvs", ImmutableList.copyOf(reports.physicalVolumes()),
            "pvs --segments", ImmutableList.copyOf(reports.physicalVolumeSegments()),
            "vgs", ImmutableList.copyOf(reports.volumeGroups()),
            "lvs", ImmutableList.copyOf(reports.logicalVolumes()),
            "lvs --segments", ImmutableList.copyOf(reports.logicalVolumeSegments())));
  }

  private static PvDevice device(ScannedDevice device) {
    return new PvDevice(
        device.name(),
        device.device().size(),
        device.label(),
        device.areas().stream()
            .map(MetadataAreaState::header)
            .filter(Objects::nonNull)
            .collect(ImmutableList.toImmutableList()),
        false);
  }

  /** What LVM2 reports in the columns that this library has. */
  static LvmReports ofLvm(LvmTools lvm, LvmReports library)
      throws IOException, InterruptedException {
    ImmutableMap.Builder<String, ImmutableList<Map<String, String>>> all = ImmutableMap.builder();
    for (Map.Entry<String, List<String>> report : COMMANDS.entrySet()) {
      List<String> command = new ArrayList<>(report.getValue());
      command.addAll(List.of("--reportformat", "json", "--units", "b", "--nosuffix", "-o"));
      ImmutableList<Map<String, String>> ours = library.rows.get(report.getKey());
      command.add(ours.isEmpty() ? "vg_name" : String.join(",", ours.get(0).keySet()));
      LvmTools.Result result = lvm.run(command.toArray(new String[0]));
      assertThat(result.status()).as("%s: %s", command, result).isZero();
      assertThat(result.errors()).as("%s", command).allMatch(error -> error.matches(NO_LAYOUT));
      all.put(report.getKey(), LvmTools.rows(result.output()));
    }
    return new LvmReports(all.buildOrThrow());
  }

  int size() {
    return rows.values().stream().mapToInt(List::size).sum();
  }

  /** Checks that these are the same, but for some columns. */
  void assertSame(LvmReports expected, Set<String> except) {
    for (String report : COMMANDS.keySet()) {
      ImmutableList<Map<String, String>> theirs = without(expected.rows.get(report), except);
      ImmutableList<Map<String, String>> ours = without(rows.get(report), except);
      for (int i = 0; i < Math.min(theirs.size(), ours.size()); i++) {
        assertThat(ours.get(i)).as("row %d of %s", i, report).isEqualTo(theirs.get(i));
      }
      assertThat(ours).as(report).isEqualTo(theirs);
    }
  }

  private static ImmutableList<Map<String, String>> without(
      ImmutableList<Map<String, String>> rows, Set<String> columns) {
    return rows.stream()
        .map(
            row ->
                Maps.filterKeys(
                    row, column -> !columns.contains(column) && !isReshapeOfOddName(row, column)))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * LVM2 2.03.16 finds the raid of an image by cutting the image's name at its first underscore,
   * and so tells {@code reshape_len} only of raids without one in their names. We tell it of all.
   */
  private static boolean isReshapeOfOddName(Map<String, String> row, String column) {
    return column.equals("reshape_len")
        && row.getOrDefault("lv_name", "").matches(".*_.*_rimage_\\d+]?");
  }
}
