// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that say what to do: to move if none of them is given, or to look at what is there.
 */
final class ModeOptions {
  @Option(
      names = "--abort",
      description =
          "Give up moves in progress: from a physical volume, or all. Segments that are at their"
              + " new place stay there; an atomic move goes back as a whole.")
  private boolean abort;

  @Option(
      names = "--list",
      description =
          "Print the volume groups, physical and logical volumes on the devices, and what was left"
              + " out and why.")
  private boolean list;

  @Option(
      names = "--report",
      paramLabel = "REPORT",
      converter = ReportKind.Converter.class,
      description =
          "Print what pvs(8), vgs(8) or lvs(8) would where nothing is active: pvs, pvsegs (pvs"
              + " --segments), vgs, lvs (with hidden ones) or lvsegs (lvs -a --segments).")
  private @Nullable ReportKind report;

  @Option(
      names = {"-o", "--options"},
      paramLabel = "COLUMN,...",
      description =
          "With --report: the columns, with LVM2's names; with a plus before the first, these too.")
  private @Nullable String columns;

  @Option(
      names = "--explain",
      description =
          "Say what stands on the physical volume, and what it would take to move it, or what is in"
              + " the way; and leave everything as it is.")
  private boolean explain;

  @Option(
      names = "--plan",
      description = "Print what would be moved where, and leave everything as it is.")
  private boolean plan;

  @Option(
      names = {"-t", "--test"},
      description = "Do everything short of writing: find out whether it can be done.")
  private boolean test;

  @Option(
      names = "--map",
      paramLabel = "FILE",
      description =
          "Draw the extents of the volume groups: with --list as they are, otherwise before and"
              + " after, and what moves in between. A file whose name ends with .svg or .html is"
              + " written, and replaced if it is there; - stands for lines of text here.")
  private @Nullable String map;

  /** Whether moves are to be given up. */
  boolean abort() {
    return abort;
  }

  boolean list() {
    return list;
  }

  /** Which report is asked for; absent for none. */
  @Nullable ReportKind report() {
    return report;
  }

  /** The columns of the report; absent for the usual ones. */
  @Nullable String columns() {
    return columns;
  }

  /** Where a map goes; absent for none. */
  @Nullable String map() {
    return map;
  }

  /** Whether it is asked what is there, whatever is to be moved. */
  boolean inspects() {
    return list || report != null;
  }

  /** Whether it is asked to leave everything as it is. */
  boolean looksOnly() {
    return inspects() || explain || plan || test;
  }

  /** How far to go with moves. */
  Moves.Mode mode() {
    if (explain) {
      return Moves.Mode.EXPLAIN;
    }
    if (plan) {
      return Moves.Mode.PLAN;
    }
    return test ? Moves.Mode.TEST : Moves.Mode.EXECUTE;
  }

  /** What is wrong with them by themselves; absent if nothing is. */
  @Nullable String wrong(List<String> physicalVolumes) {
    if (inspects() && (abort || plan || test || explain || !physicalVolumes.isEmpty())) {
      return (list ? "--list" : "--report") + " goes with --devices only";
    }
    if (list && report != null) {
      return "--list and --report exclude each other";
    }
    if (map != null && report != null) {
      return "--map does not go with --report";
    }
    if (columns != null && report == null) {
      return "-o goes with --report";
    }
    if (explain && (plan || test || abort || physicalVolumes.isEmpty())) {
      return "--explain goes with a physical volume, and without --plan, --test and --abort";
    }
    if (plan && test) {
      return "--plan and --test exclude each other: neither writes, --plan prints more";
    }
    if (abort && physicalVolumes.size() > 1) {
      return "--abort takes one physical volume, the source of the move; destinations make no sense";
    }
    return null;
  }
}
