// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.base.Splitter;
import com.google.common.base.Strings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.MetadataAreaState;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.lvm.report.PvDevice;
import org.pvmove.lvm.report.Reports;

/** A report as LVM2's tools print it: a table with headings, or JSON with sizes in bytes. */
final class ReportTable {
  /** Columns with bytes. */
  private static final ImmutableSet<String> SIZES =
      ImmutableSet.of(
          "chunk_size",
          "dev_size",
          "lv_metadata_size",
          "lv_size",
          "pe_start",
          "pv_ba_size",
          "pv_ba_start",
          "pv_free",
          "pv_mda_free",
          "pv_mda_size",
          "pv_size",
          "pv_used",
          "region_size",
          "reshape_len",
          "seg_size",
          "seg_start",
          "stripe_size",
          "vg_extent_size",
          "vg_free",
          "vg_mda_free",
          "vg_mda_size",
          "vg_size");

  /** The headings of the columns that are shown if none are asked for; others bear their names. */
  private static final ImmutableMap<String, String> HEADINGS =
      ImmutableMap.<String, String>builder()
          .put("convert_lv", "Convert")
          .put("devices", "Devices")
          .put("lv_attr", "Attr")
          .put("lv_count", "#LV")
          .put("lv_name", "LV")
          .put("lv_size", "LSize")
          .put("mirror_log", "Log")
          .put("move_pv", "Move")
          .put("origin", "Origin")
          .put("pool_lv", "Pool")
          .put("pv_attr", "Attr")
          .put("pv_count", "#PV")
          .put("pv_fmt", "Fmt")
          .put("pv_free", "PFree")
          .put("pv_name", "PV")
          .put("pv_size", "PSize")
          .put("pvseg_size", "SSize")
          .put("pvseg_start", "Start")
          .put("segtype", "Type")
          .put("seg_size_pe", "Extents")
          .put("seg_start_pe", "First")
          .put("snap_count", "#SN")
          .put("stripes", "#Str")
          .put("vg_attr", "Attr")
          .put("vg_free", "VFree")
          .put("vg_name", "VG")
          .put("vg_size", "VSize")
          .buildOrThrow();

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+");
  private static final String UNITS = "bkmgtpe";

  private final ReportKind kind;
  private final List<ImmutableMap<String, String>> rows;
  private final ImmutableList<String> columns;

  private ReportTable(
      ReportKind kind, List<ImmutableMap<String, String>> rows, ImmutableList<String> columns) {
    this.kind = kind;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * A report on what is on some devices.
   *
   * @param asked names of columns with commas between them, a plus before the first for those shown
   *     usually and these; absent for those shown usually
   * @throws CommandException if there is no such column
   */
  static ReportTable of(ReportKind kind, DeviceScan scan, @Nullable String asked)
      throws CommandException {
    List<ImmutableMap<String, String>> rows = kind.rows(reports(scan));
    ImmutableList<String> columns = kind.usualColumns();
    if (asked != null) {
      boolean more = asked.startsWith("+");
      Set<String> chosen = new LinkedHashSet<>(more ? columns : ImmutableList.of());
      Iterables.addAll(
          chosen, Splitter.on(',').trimResults().split(more ? asked.substring(1) : asked));
      columns = ImmutableList.copyOf(chosen);
    }
    if (!rows.isEmpty()) {
      ImmutableSet<String> known = rows.get(0).keySet();
      for (String column : columns) {
        if (!known.contains(column)) {
          throw CommandException.wrongCommandLine(
              "-o: expected some of %s, found \"%s\"".formatted(String.join(",", known), column));
        }
      }
    }
    return new ReportTable(kind, rows, columns);
  }

  private static Reports reports(DeviceScan scan) {
    return Reports.of(
        scan.volumeGroups().stream().map(StoredVolumeGroup::volumeGroup).toList(),
        scan.devices().stream()
            .filter(device -> device.label() != null)
            .map(ReportTable::device)
            .toList());
  }

  private static PvDevice device(ScannedDevice device) {
    return new PvDevice(
        device.name(),
        device.device().size(),
        Objects.requireNonNull(device.label()),
        device.areas().stream()
            .map(MetadataAreaState::header)
            .filter(Objects::nonNull)
            .collect(ImmutableList.toImmutableList()),
        false);
  }

  /** As text, as {@code --reportformat basic} of LVM2: numbers stand at the right. */
  ImmutableList<String> lines() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(columns.stream().map(column -> HEADINGS.getOrDefault(column, column)).toList());
    boolean[] right = new boolean[columns.size()];
    for (ImmutableMap<String, String> row : rows) {
      List<String> line = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        String text = Objects.requireNonNull(row.get(columns.get(i)));
        boolean number = NUMBER.matcher(text).matches();
        right[i] |= number;
        line.add(number && SIZES.contains(columns.get(i)) ? size(new BigDecimal(text)) : text);
      }
      cells.add(line);
    }
    int[] widths = new int[columns.size()];
    for (List<String> line : cells) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    // LVM2 begins headings at the left, whatever is below them.
    lines.add(line(cells.get(0), widths, new boolean[columns.size()]));
    for (List<String> row : cells.subList(1, cells.size())) {
      lines.add(line(row, widths, right));
    }
    return lines.build();
  }

  private static String line(List<String> cells, int[] widths, boolean[] right) {
    StringBuilder line = new StringBuilder(" ");
    for (int i = 0; i < widths.length; i++) {
      line.append(' ')
          .append(
              right[i]
                  ? Strings.padStart(cells.get(i), widths[i], ' ')
                  : Strings.padEnd(cells.get(i), widths[i], ' '));
    }
    return line.toString().stripTrailing();
  }

  /** A size such as {@code 20.00m}; 0 is 0. */
  private static String size(BigDecimal bytes) {
    if (bytes.signum() == 0) {
      return "0";
    }
    BigDecimal number = bytes;
    int unit = 0;
    while (number.compareTo(BigDecimal.valueOf(1024)) >= 0 && unit < UNITS.length() - 1) {
      number = number.divide(BigDecimal.valueOf(1024));
      unit++;
    }
    return number.setScale(2, RoundingMode.HALF_UP) + UNITS.substring(unit, unit + 1);
  }

  /** As {@code --reportformat json --units b --nosuffix} of LVM2. */
  ImmutableList<String> json() {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    lines.add("{\"report\": [{\"%s\": [".formatted(kind.section()));
    int left = rows.size();
    for (ImmutableMap<String, String> row : rows) {
      left--;
      lines.add(
          columns.stream()
              .map(
                  column ->
                      JsonText.quote(column)
                          + ": "
                          + JsonText.quote(Objects.requireNonNull(row.get(column))))
              .collect(Collectors.joining(", ", "  {", left > 0 ? "}," : "}")));
    }
    lines.add("]}]}");
    return lines.build();
  }
}
