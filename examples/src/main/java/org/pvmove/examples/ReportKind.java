// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.pvmove.lvm.report.Reports;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** LVM2's reports, each with the columns that the tool shows if none are asked for. */
enum ReportKind {
  /** pvs(8). */
  PVS("pv", "pv_name", "vg_name", "pv_fmt", "pv_attr", "pv_size", "pv_free"),
  /** {@code pvs --segments}. */
  PVSEGS(
      "pvseg",
      "pv_name",
      "pvseg_start",
      "pvseg_size",
      "lv_name",
      "segtype",
      "seg_start_pe",
      "seg_size_pe"),
  /** vgs(8). */
  VGS("vg", "vg_name", "pv_count", "lv_count", "snap_count", "vg_attr", "vg_size", "vg_free"),
  /** {@code lvs -a}. */
  LVS(
      "lv",
      "lv_name",
      "vg_name",
      "lv_attr",
      "lv_size",
      "pool_lv",
      "origin",
      "move_pv",
      "mirror_log",
      "convert_lv"),
  /** {@code lvs -a --segments}. */
  LVSEGS("seg", "lv_name", "segtype", "seg_start_pe", "seg_size_pe", "stripes", "devices");

  private final String section;
  private final ImmutableList<String> usualColumns;

  ReportKind(String section, String... usualColumns) {
    this.section = section;
    this.usualColumns = ImmutableList.copyOf(usualColumns);
  }

  /** How LVM2's JSON calls a list of such rows. */
  String section() {
    return section;
  }

  List<ImmutableMap<String, String>> rows(Reports reports) {
    return switch (this) {
      case PVS -> reports.physicalVolumes();
      case PVSEGS -> reports.physicalVolumeSegments();
      case VGS -> reports.volumeGroups();
      case LVS -> reports.logicalVolumes();
      case LVSEGS -> reports.logicalVolumeSegments();
    };
  }

  ImmutableList<String> usualColumns() {
    return usualColumns;
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Reads the word. */
  static final class Converter implements ITypeConverter<ReportKind> {
    @Override
    public ReportKind convert(String word) {
      return Arrays.stream(values())
          .filter(kind -> kind.word().equals(word))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "expected one of %s, found \"%s\""
                          .formatted(
                              Arrays.stream(values())
                                  .map(ReportKind::word)
                                  .collect(Collectors.joining(", ")),
                              word)));
    }
  }
}
