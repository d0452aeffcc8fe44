// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Metadata texts of about 1 MiB each that try to cost more time or memory than they are worth, or
 * to lead a reader astray.
 */
final class HostileTexts {
  private static final int SIZE = 1 << 20;

  private static final String PV0 =
      """
      pv0 {
      id = "aaaaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa"
      device = "/dev/sda"
      status = ["ALLOCATABLE"]
      flags = []
      dev_size = 35184372088832
      pe_start = 2048
      pe_count = 4294967295
      }
      pv1 {
      id = "bbbbbb-bbbb-bbbb-bbbb-bbbb-bbbb-bbbbbb"
      device = "/dev/sdb"
      status = ["ALLOCATABLE"]
      flags = []
      dev_size = 35184372088832
      pe_start = 2048
      pe_count = 4294967295
      }
      """;

  private HostileTexts() {}

  /** All of them by name; each is made when it is asked for. */
  static Map<String, Supplier<byte[]>> all() {
    Map<String, Supplier<String>> texts = new LinkedHashMap<>();
    for (String unit :
        new String[] {
          "[", "{", "}", "\"", "'", "\\", "\"\\", "#", "#\n", "=", ",", "/", "a{", "a{}", "a=[",
          "a/", "a=1 ", "a=\"\"", "a=''", "a=a ", "a=[]", "a=1.", ".", "-", "9", "0", "\n", " ",
          "a", "\n}\n", "a{\n}\n", "\u0000", "\u00ff", "vg {"
        }) {
      texts.put("only " + printable(unit), () -> fill("", unit, ""));
      texts.put("as unknown fields " + printable(unit), () -> vg(fill("", unit, "\n"), "", ""));
      texts.put("in an array " + printable(unit), () -> vg(fill("x = [", unit, "]\n"), "", ""));
      texts.put("in a string " + printable(unit), () -> vg(fill("x = \"", unit, "\"\n"), "", ""));
      texts.put("behind the group " + printable(unit), () -> vg("", "", "") + fill("", unit, "\n"));
    }
    texts.put("distinct unknown fields", () -> vg(many(i -> "k" + i + "=" + i + "\n"), "", ""));
    texts.put("distinct unknown sections", () -> vg(many(i -> "k" + i + "{}\n"), "", ""));
    texts.put("unknown fields of the volumes", () -> vg("", many(i -> "k" + i + "=1\n"), ""));
    texts.put("fields of one name", () -> vg(many(i -> "seqno=" + i + "\n"), "", ""));
    texts.put("unknown items", () -> vg("x = [" + many(i -> i + ",") + "0]\n", "", ""));
    texts.put("strings without a comma", () -> vg("x = [" + fill("", "\"\"", "") + "]\n", "", ""));
    texts.put("nested as deep as allowed", () -> vg(deep(), "", ""));
    texts.put("number of a million digits", () -> vg("max_lv = " + fill("", "9", "\n"), "", ""));
    texts.put(
        "creation time of a million digits",
        () -> vg("", "", "") + fill("creation_time = ", "9", "\n"));
    texts.put("octal of a million digits", () -> vg("max_pv = " + fill("", "0", "\n"), "", ""));
    texts.put("tags", () -> vg("tags = [" + many(i -> "\"t" + i + "\", ") + "\"t\"]\n", "", ""));
    texts.put("the same tag", () -> vg("tags = [" + fill("", "\"t\", ", "") + "\"t\"]\n", "", ""));
    texts.put(
        "status words", () -> group("status = [" + fill("", "\"READ\", ", "") + "\"READ\"]\n"));
    texts.put("a uuid of a megabyte", () -> group("id = \"" + fill("", "-", "\"\n")));
    texts.put("a group's name of half a megabyte", HostileTexts::longGroupName);
    texts.put("a path as names", () -> path("../../../etc/passwd"));
    texts.put("quoted words as names", () -> path("\"\u001b[2J; rm -rf {} \\\\ '\""));
    texts.put("segments announced", HostileTexts::segmentsAnnounced);
    texts.put("volumes of one name", () -> lvs(i -> linear("lv", i, "pv0", i)));
    texts.put("volumes of one uuid", () -> lvs(i -> linear("lv" + i, 0, "pv0", i)));
    texts.put("volumes on the same extent", () -> lvs(i -> linear("lv" + i, i, "pv0", 0)));
    texts.put("chain of volumes", () -> lvs(i -> linear("lv" + i, i, "lv" + (i + 1), 0)));
    texts.put("chain of volumes upwards", () -> lvs(i -> linear("lv" + (i + 1), i, "lv" + i, 0)));
    texts.put("ring of volumes", () -> lvs(i -> linear("lv" + i, i, "lv" + (i + 1) % 1000, 0)));
    texts.put("volumes on themselves", () -> lvs(i -> linear("lv" + i, i, "lv" + i, 0)));
    texts.put("volumes all on one", () -> lvs(i -> linear("lv" + i, i, "lv0", 0)));
    texts.put("each volume on all", HostileTexts::eachOnAll);
    texts.put("physical volumes", () -> pvs(i -> pv("p" + i, i)));
    texts.put("physical volumes of one name", () -> pvs(i -> pv("p", i)));
    texts.put("physical volumes of one uuid", () -> pvs(i -> pv("p" + i, 0)));
    texts.put(
        "stripes", () -> vg("", "", lv("lv0", 0, stripes(many(i -> "\"pv0\", " + i + ","), -1))));
    texts.put(
        "the same stripes", () -> vg("", "", lv("lv0", 0, stripes(many(i -> "\"pv0\",0,"), -1))));
    texts.put(
        "stripes on volumes",
        () -> vg("", "", lv("lv0", 0, stripes(many(i -> "\"l" + i + "\",0,"), -1))));
    texts.put(
        "stripes announced", () -> vg("", "", lv("lv0", 0, stripes("\"pv0\", 0,", 0xFFFF_FFFFL))));
    texts.put("segments", () -> vg("", "", lv("lv0", 0, null)));
    texts.put("segments that merge", () -> vg("", "", segments(i -> "\"pv0\", " + i, 1)));
    texts.put(
        "segments the other way", () -> vg("", "", segments(i -> "\"pv0\", " + (100000 - i), 1)));
    texts.put(
        "segments of all extents", () -> vg("", "", segments(i -> "\"pv0\", 0", 0xFFFF_FFFFL)));
    texts.put(
        "flags of a type",
        () -> vg("", "", lv("lv0", 0, "type = \"striped" + fill("", "+RESHAPE", "\"\n"))));
    texts.put("raid images", HostileTexts::raidImages);
    texts.put("snapshots of snapshots", HostileTexts::thinChain);
    texts.put("snapshots of one", HostileTexts::thinStar);
    texts.put("ties to one origin", HostileTexts::snapshotStar);
    texts.put("ties from origin to origin", HostileTexts::snapshotChain);
    texts.put("thin messages", HostileTexts::thinMessages);
    texts.put("historical volumes", HostileTexts::historical);
    texts.put("moves", HostileTexts::moves);
    texts.put("pieces of a move", () -> move(0));
    texts.put("pieces of a move under many stripes", () -> move(6000));
    texts.put("pieces of an atomic move", HostileTexts::atomicMove);
    texts.put("cache policy settings", HostileTexts::policySettings);
    Map<String, Supplier<byte[]>> bytes = new LinkedHashMap<>();
    texts.forEach(
        (name, text) ->
            bytes.put(name, () -> cut(text.get().getBytes(StandardCharsets.ISO_8859_1))));
    return bytes;
  }

  /** Nothing may be longer than a megabyte, lest it be said that the limits do not apply. */
  private static byte[] cut(byte[] text) {
    if (text.length > SIZE) {
      throw new IllegalArgumentException("expected at most 1 MiB, found " + text.length);
    }
    return text;
  }

  private static String printable(String unit) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < unit.length(); i++) {
      char c = unit.charAt(i);
      out.append(c > ' ' && c < 0x7f ? String.valueOf(c) : "\\x%02x".formatted((int) c));
    }
    return out.toString();
  }

  /** As often as it fits, with room left for what stands around it. */
  private static String fill(String before, String unit, String after) {
    return before + unit.repeat((SIZE - 4096) / unit.length()) + after;
  }

  private static String many(IntFunction<String> unit) {
    return many(unit, SIZE - 4096);
  }

  private static String many(IntFunction<String> unit, int size) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; ; i++) {
      String next = unit.apply(i);
      if (all.length() + next.length() > size) {
        return all.toString();
      }
      all.append(next);
    }
  }

  /** A group with more fields, more in its list of physical volumes, and logical volumes. */
  private static String vg(String fields, String pvs, String lvs) {
    return text(
        "vg",
        "id = \"gggggg-gggg-gggg-gggg-gggg-gggg-gggggg\"\nstatus = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\n"
            + fields,
        PV0 + pvs,
        lvs);
  }

  private static String group(String fields) {
    return text("vg", fields, PV0, "");
  }

  private static String text(String name, String fields, String pvs, String lvs) {
    return name
        + " {\n"
        + fields
        + "seqno = 1\nflags = []\nformat = \"lvm2\"\nextent_size = 8192\nmax_lv = 0\nmax_pv = 0\n"
        + "physical_volumes {\n"
        + pvs
        + "}\nlogical_volumes {\n"
        + lvs
        + "}\n}\ncontents = \"Text Format Volume Group\"\nversion = 1\n";
  }

  private static String uuid(String start, int number) {
    return "id = \"%s\"\n".formatted(start + "%031d".formatted(number));
  }

  private static String lvs(IntFunction<String> lv) {
    return vg("", "", many(lv, SIZE - 8192));
  }

  private static String pvs(IntFunction<String> pv) {
    return vg("", many(pv, SIZE - 8192), "");
  }

  private static String pv(String name, int number) {
    return name
        + " {\n"
        + uuid("p", number)
        + "status=[\"ALLOCATABLE\"]\npe_start=2048\npe_count=4294967295\n}\n";
  }

  private static String lvHead(String name, int number, long segmentCount) {
    return name
        + " {\n"
        + uuid("l", number)
        + "status=[\"READ\",\"WRITE\",\"VISIBLE\"]\nsegment_count="
        + segmentCount
        + "\n";
  }

  private static String linear(String name, int number, String on, long extent) {
    return lvHead(name, number, 1)
        + segment(
            1,
            0,
            1,
            "type=\"striped\"\nstripe_count=1\nstripes=[\"%s\",%d]\n".formatted(on, extent))
        + "}\n";
  }

  private static String segment(int number, long start, long count, String fields) {
    return "segment%d{\nstart_extent=%d\nextent_count=%d\n".formatted(number, start, count)
        + fields
        + "}\n";
  }

  /** A volume of one segment; with no fields given, of as many linear ones as there is room for. */
  private static String lv(String name, int number, String fields) {
    if (fields == null) {
      return segments(i -> "\"pv0\", " + 2 * i, 1);
    }
    return lvHead(name, number, 1) + segment(1, 0, 1 << 20, fields) + "}\n";
  }

  private static String stripes(String areas, long announced) {
    long count = announced >= 0 ? announced : areas.chars().filter(c -> c == '"').count() / 2;
    return "type=\"striped\"\nstripe_count="
        + count
        + "\nstripe_size=8\nstripes=["
        + areas.substring(0, areas.length() - 1)
        + "]\n";
  }

  private static String segments(IntFunction<String> area, long count) {
    int[] number = {0};
    String all =
        many(
            i -> {
              number[0] = i + 1;
              return segment(
                  i + 1,
                  count == 1 ? i : 0,
                  count,
                  "type=\"striped\"\nstripe_count=1\nstripes=[" + area.apply(i) + "]\n");
            },
            SIZE - 8192);
    // The last one that was made did not fit.
    return lvHead("lv0", 0, number[0] - 1L) + all + "}\n";
  }

  private static String deep() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 29; i++) {
      text.append("a/b/c/d {\n");
    }
    return text + "x = 1\n" + "}\n".repeat(29);
  }

  private static String longGroupName() {
    String name = "n".repeat(SIZE / 2);
    return text(
        name,
        "id = \"gggggg-gggg-gggg-gggg-gggg-gggg-gggggg\"\nstatus = [\"READ\", \"WRITE\"]\n",
        PV0,
        many(i -> linear("l" + i, i, "pv0", i), SIZE / 2 - 4096));
  }

  private static String path(String name) {
    String quoted = name.startsWith("\"") ? name : "\"" + name + "\"";
    String pv = PV0.replace("pv0 {", quoted + " {");
    return vg("", "", linear(quoted, 0, "pv0", 0)).replace(PV0, pv);
  }

  private static String segmentsAnnounced() {
    return vg("", "", lvHead("lv0", 0, 0xFFFF_FFFFL) + "}\n");
  }

  private static String eachOnAll() {
    int count = 250;
    StringBuilder lvs = new StringBuilder();
    for (int i = 0; i < count; i++) {
      StringBuilder areas = new StringBuilder();
      for (int j = 0; j < count; j++) {
        areas.append("\"lv").append(j).append("\",0,");
      }
      lvs.append(lv("lv" + i, i, stripes(areas.toString(), -1)));
    }
    return vg("", "", lvs.toString());
  }

  private static String raidImages() {
    String images = many(i -> "\"lv0_rmeta_" + i + "\",\"lv0_rimage_" + i + "\",", SIZE - 8192);
    long count = images.chars().filter(c -> c == '"').count() / 4;
    return vg(
        "",
        "",
        lv(
            "lv0",
            0,
            "type=\"raid5\"\nregion_size=8\nstripe_size=8\ndevice_count="
                + count
                + "\nraids=["
                + images.substring(0, images.length() - 1)
                + "]\n"));
  }

  private static String thin(int number, String origin) {
    return lvHead("t" + number, number, 1)
        + segment(
            1,
            0,
            1,
            "type=\"thin\"\nthin_pool=\"pool\"\ntransaction_id=0\ndevice_id=%d\n".formatted(number)
                + (origin == null ? "" : "origin=\"" + origin + "\"\n"))
        + "}\n";
  }

  private static String thinChain() {
    return lvs(i -> thin(i, i == 0 ? null : "t" + (i - 1)));
  }

  private static String thinStar() {
    return lvs(i -> thin(i, i == 0 ? null : "t0"));
  }

  private static String snapshot(int number, String origin, String store) {
    return lvHead("s" + number, number, 1)
        + segment(
            1,
            0,
            1,
            "type=\"snapshot\"\nchunk_size=8\norigin=\"%s\"\ncow_store=\"%s\"\n"
                .formatted(origin, store))
        + "}\n";
  }

  private static String snapshotStar() {
    return lvs(i -> snapshot(i, "s0", "s" + (i + 1)));
  }

  private static String snapshotChain() {
    return lvs(i -> snapshot(i, "s" + i, "s" + (i + 1)));
  }

  private static String thinMessages() {
    return vg(
        "",
        "",
        lv(
            "pool",
            0,
            "type=\"thin-pool\"\nmetadata=\"m\"\npool=\"d\"\ntransaction_id=1\nchunk_size=128\n"
                + many(i -> "message" + i + " {\ncreate=\"t" + i + "\"\n}\n", SIZE - 8192)));
  }

  private static String historical() {
    String text = vg("", "", "");
    String historical =
        many(
            i ->
                "h"
                    + i
                    + " {\n"
                    + uuid("h", i)
                    + "origin=\"-h"
                    + (i + 1)
                    + "\"\ndescendants=[\"-h"
                    + i
                    + "\"]\n}\n");
    return text.replace(
        "logical_volumes {\n}\n",
        "logical_volumes {\n}\nhistorical_logical_volumes {\n" + historical + "}\n");
  }

  private static String mirror(int number, long start, String legs) {
    return segment(
        number,
        start,
        1,
        "type=\"mirror\"\nmirror_count=2\nextents_moved=0\nregion_size=8\nmirrors=["
            + legs
            + "]\n");
  }

  private static String pvmoveHead(String name, int number, int segments) {
    return lvHead(name, number, segments).replace("\"VISIBLE\"", "\"PVMOVE\",\"LOCKED\"");
  }

  private static String moves() {
    return lvs(
        i ->
            pvmoveHead("pvmove" + i, i, 1)
                + mirror(1, 0, "\"pv0\",%d,\"pv1\",%d".formatted(i, i))
                + "}\n");
  }

  /** One move of thousands of pieces below a volume with some stripes on it. */
  private static String move(int stripes) {
    int pieces = 5000;
    StringBuilder segments = new StringBuilder();
    for (int i = 0; i < pieces; i++) {
      segments.append(mirror(i + 1, i, "\"pv0\",%d,\"pv1\",%d".formatted(2 * i, 2 * i)));
    }
    StringBuilder areas = new StringBuilder();
    for (int i = 0; i < stripes; i++) {
      areas.append("\"pvmove0\",0,");
    }
    String user =
        stripes == 0
            ? linear("lv0", 1, "pvmove0", 0)
            : lvHead("lv0", 1, 1)
                + segment(1, 0, (long) stripes * pieces, stripes(areas.toString(), -1))
                + "}\n";
    return vg("", "", pvmoveHead("pvmove0", 0, pieces) + segments + "}\n" + user);
  }

  private static String atomicMove() {
    int pieces = 4000;
    StringBuilder lvs = new StringBuilder(pvmoveHead("pvmove0", 0, 1));
    lvs.append(
        mirror(1, 0, "\"pvmove0_mimage_0\",0,\"pvmove0_mimage_1\",0")
            .replace("extent_count=1\n", "extent_count=" + pieces + "\n"));
    lvs.append("}\n");
    for (int leg = 0; leg < 2; leg++) {
      lvs.append(lvHead("pvmove0_mimage_" + leg, leg + 1, pieces));
      for (int i = 0; i < pieces; i++) {
        lvs.append(
            segment(
                i + 1,
                i,
                1,
                "type=\"striped\"\nstripe_count=1\nstripes=[\"pv%d\",%d]\n".formatted(leg, 2 * i)));
      }
      lvs.append("}\n");
    }
    return vg("", "", lvs + linear("lv0", 3, "pvmove0", 0));
  }

  private static String policySettings() {
    return vg(
        "",
        "",
        lv(
            "lv0",
            0,
            "type=\"cache\"\ncache_pool=\"c\"\norigin=\"o\"\npolicy_settings {\n"
                + many(i -> "k" + i + "=1\n", SIZE - 8192)
                + "}\n"));
  }
}
