// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.Resources;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataFormatException;
import org.pvmove.lvm.text.MetadataText;

/**
 * Texts that differ from what LVM2 writes in one point each: what real LVM2 makes of them, this
 * library makes of them too, except where it says why not.
 */
class TextVariantsTest {
  /** What becomes of a text. */
  enum Outcome {
    NOT_READ,
    NOT_WRITTEN,
    FINE
  }

  /** Where this library differs on purpose; docs/format.md lists the same. */
  private record Difference(Outcome ours, String reason) {}

  private static final ImmutableMap<String, Difference> DIFFERENCES =
      ImmutableMap.<String, Difference>builder()
          .put(
              "lex-unterminated-string",
              new Difference(Outcome.NOT_READ, "the string would lose its last character"))
          .put(
              "vg-seqno-over",
              new Difference(Outcome.NOT_READ, "not taken modulo 2^32, like all numbers"))
          .put(
              "vg-seqno-max",
              new Difference(Outcome.NOT_WRITTEN, "the next version would count as the oldest"))
          .put(
              "vg-extent-0",
              new Difference(Outcome.NOT_READ, "extents without size cannot be moved"))
          .put(
              "vg-flag-readonly",
              new Difference(Outcome.FINE, "a matter of access, judged where it is written"))
          .put("vg-pr", new Difference(Outcome.FINE, "a matter of access: reservations of devices"))
          .put(
              "pv-flag-missing",
              new Difference(Outcome.FINE, "a matter of access: which devices are there"))
          .put(
              "pv-dup-id",
              new Difference(
                  Outcome.NOT_READ, "both volumes name the same extents, which then overlap"))
          .put(
              "pv-pestart-0",
              new Difference(Outcome.NOT_WRITTEN, "extents would overwrite label and metadata"))
          .put("pv-devsize-small", new Difference(Outcome.NOT_WRITTEN, "extents behind the device"))
          .put(
              "seg-on-lv-beyond",
              new Difference(Outcome.NOT_WRITTEN, "extents behind the end of the lower volume"))
          .buildOrThrow();

  /** A row of the table of what real LVM2 did. */
  private record Row(String variant, Outcome lvm) {
    @Override
    public String toString() {
      return variant;
    }
  }

  static ImmutableList<Row> rows() {
    List<String> lines =
        Splitter.on('\n')
            .omitEmptyStrings()
            .splitToList(Fixtures.file("text-variants", "RESULTS.tsv"));
    ImmutableList.Builder<Row> rows = ImmutableList.builder();
    for (String line : lines.subList(1, lines.size())) {
      List<String> columns = Splitter.on('\t').splitToList(line);
      // Columns 5 to 7 are the newer version's: read, vgck, writing command.
      Outcome lvm =
          switch (columns.get(5)) {
            case "yes" ->
                columns.get(6).equals("ok") && columns.get(7).equals("ok")
                    ? Outcome.FINE
                    : Outcome.NOT_WRITTEN;
            case "ignored", "refused", "crash" -> Outcome.NOT_READ;
            default -> throw new IllegalStateException(line);
          };
      rows.add(new Row(columns.get(0), lvm));
    }
    return rows.build();
  }

  private static Outcome ours(String variant) throws IOException {
    byte[] text =
        Resources.toByteArray(Resources.getResource("fixtures/text-variants/" + variant + ".txt"));
    VolumeGroup vg;
    try {
      vg = MetadataText.parseDisk(text).volumeGroup();
    } catch (MetadataFormatException e) {
      return Outcome.NOT_READ;
    }
    return VolumeGroupCheck.check(vg).stream()
        .map(Violation::severity)
        .min(Severity::compareTo)
        .map(
            gravest ->
                switch (gravest) {
                  case UNREADABLE -> Outcome.NOT_READ;
                  case UNWRITABLE -> Outcome.NOT_WRITTEN;
                  case NOTICE -> Outcome.FINE;
                })
        .orElse(Outcome.FINE);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void comesToTheSameEndAsRealLvm(Row row) throws IOException {
    Difference difference = DIFFERENCES.get(row.variant());
    assertThat(ours(row.variant())).isEqualTo(difference == null ? row.lvm() : difference.ours());
    if (difference != null) {
      assertThat(row.lvm()).as("a listed difference").isNotEqualTo(difference.ours());
    }
  }

  @Test
  void knowsAllVariants() {
    assertThat(rows()).hasSize(163);
    assertThat(rows()).extracting(Row::variant).containsAll(DIFFERENCES.keySet());
  }
}
