// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Iterables;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.examples.map.HtmlMap;
import org.pvmove.examples.map.Picture;
import org.pvmove.examples.map.Picture.Pv;
import org.pvmove.examples.map.Picture.Run;
import org.pvmove.examples.map.Picture.Use;
import org.pvmove.examples.map.SvgMap;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.Planner;

/** Maps as a browser shows them: pixels and boxes, compared with the pictures they are made of. */
@Tag("tools")
class MapInBrowserTest {
  private static final int WIDTH = 1280;

  /** By index of the volume. */
  private static final ImmutableList<Color> VOLUMES =
      ImmutableList.of(
          new Color(0, 114, 178),
          new Color(230, 159, 0),
          new Color(0, 158, 115),
          new Color(204, 121, 167));

  private static final Color LIGHT = Color.WHITE;
  private static final Color DARK = new Color(0x15, 0x18, 0x1c);
  private static final Color FOCUS = new Color(0xb3, 0, 0x5e);

  @TempDir private Path directory;
  private Chromium chromium;

  @BeforeEach
  void requireChromium() {
    RequiredTools.requireChromium();
    chromium = new Chromium(directory);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyRunHasItsColourWhereItsExtentsAre(boolean dark) throws Exception {
    Picture picture = few();
    List<Box> bars = boxes(SvgMap.svg(List.of(picture))).get("bar");
    assertThat(bars).hasSize(2 * picture.pvs().size());
    BufferedImage seen =
        chromium.screenshot(write("map.svg", SvgMap.svg(List.of(picture))), WIDTH, 700, dark);
    Color free = dark ? new Color(0x2b, 0x2f, 0x36) : new Color(0xef, 0xef, 0xef);
    Color ink = dark ? new Color(0xf0, 0xf0, 0xf0) : new Color(0x1b, 0x1b, 0x1b);
    assertThat(pixel(seen, 2, 2)).isEqualTo(dark ? DARK : LIGHT);
    for (int i = 0; i < bars.size(); i++) {
      Pv pv = picture.pvs().get(i / 2);
      Box bar = bars.get(i);
      double extent = (bar.width() - 1) / pv.extents();
      for (Run run : i % 2 == 0 ? pv.before() : pv.after()) {
        int left = (int) Math.ceil(bar.left() + 0.5 + run.first() * extent);
        int top = (int) Math.round(bar.top());
        String what = pv.name() + " " + run;
        Color expected = run.use() == Use.FREE ? free : VOLUMES.get(run.volume());
        assertThat(isNearly(pixel(seen, left + 5, top + 6), expected)).as(what).isTrue();
        boolean outlined =
            IntStream.rangeClosed(1, 3)
                .anyMatch(x -> isNearly(pixel(seen, left + x, top + 12), ink));
        assertThat(outlined).as(what).isEqualTo(run.move() != 0);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void thirtyPhysicalVolumesAreThereInTheirColours(boolean dark) throws Exception {
    Picture picture = many();
    String svg = SvgMap.svg(List.of(picture));
    List<Box> bars = boxes(svg).get("bar");
    assertThat(bars).hasSize(60);
    int height = (int) Iterables.getLast(bars).bottom() + 300;
    BufferedImage seen = chromium.screenshot(write("map.svg", svg), WIDTH, height, dark);
    Color free = dark ? new Color(0x2b, 0x2f, 0x36) : new Color(0xef, 0xef, 0xef);
    for (int i = 0; i < bars.size(); i++) {
      Pv pv = picture.pvs().get(i / 2);
      Run last = Iterables.getLast(i % 2 == 0 ? pv.before() : pv.after());
      if (last.use() == Use.FREE && last.count() * 10 > pv.extents()) {
        Box bar = bars.get(i);
        assertThat(pixel(seen, (int) bar.right() - 4, (int) bar.top() + 6)).isEqualTo(free);
      }
    }
    Set<Color> colours = new HashSet<>();
    for (int x = 0; x < seen.getWidth(); x++) {
      for (int y = 0; y < seen.getHeight(); y++) {
        colours.add(pixel(seen, x, y));
      }
    }
    assertThat(colours).containsAll(VOLUMES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"few", "many", "in progress", "one state", "hostile"})
  void noTextIsCutOffOrLiesUponAnother(String which) throws Exception {
    String svg = SvgMap.svg(List.of(named(which)));
    ImmutableListMultimap<String, Box> boxes = boxes(svg);
    Box whole = boxes.get("svg").get(0);
    List<Box> texts = boxes.get("text");
    assertThat(texts).hasSizeGreaterThan(8);
    for (int i = 0; i < texts.size(); i++) {
      Box text = texts.get(i);
      assertThat(text.isWithin(whole)).as(text.toString()).isTrue();
      for (Box other : texts.subList(0, i)) {
        assertThat(text.overlaps(other)).as(text + " and " + other).isFalse();
      }
    }
    List<Box> labels = boxes.get("label");
    List<Box> slices = boxes.get("slice");
    assertThat(labels).isNotEmpty().hasSameSizeAs(slices);
    for (int i = 0; i < labels.size(); i++) {
      assertThat(labels.get(i).left()).isGreaterThanOrEqualTo(slices.get(i).left());
      assertThat(labels.get(i).right()).isLessThanOrEqualTo(slices.get(i).right());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"few", "many"})
  void textIsLargeEnoughToBeReadOnAUsualWindow(String which) throws Exception {
    assertThat(boxes(SvgMap.svg(List.of(named(which)))).get("text"))
        .allMatch(text -> text.height() >= 11);
    assertThat(boxes(scriptable(HtmlMap.html(List.of(named(which))))).get("text"))
        .allMatch(text -> text.height() >= 11);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPageShowsThePictureAndTakesTheGroundThatUsersPrefer(boolean dark) throws Exception {
    Path page = write("map.html", HtmlMap.html(List.of(few())));
    BufferedImage seen = chromium.screenshot(page, WIDTH, 900, dark);
    assertThat(pixel(seen, 2, 2)).isEqualTo(dark ? DARK : LIGHT);
    for (Color volume : VOLUMES) {
      assertThat(count(seen, volume)).isGreaterThan(100);
    }
    // Neither blank nor full.
    long ground = count(seen, dark ? DARK : LIGHT);
    assertThat(ground).isBetween(WIDTH * 900L / 2, WIDTH * 900L * 98 / 100);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, WIDTH})
  void aPageIsNotWiderThanItsWindow(int width) throws Exception {
    for (Picture picture : List.of(few(), many(), named("hostile"))) {
      String result = measured(scriptable(HtmlMap.html(List.of(picture))), width, "");
      assertThat(result).contains("\nfits true\n");
    }
  }

  @Test
  void everyEndOfAMoveCanHaveTheFocusAndLeadsToTheOther() throws Exception {
    Picture picture = few();
    String result =
        measured(
            scriptable(HtmlMap.html(List.of(picture))),
            WIDTH,
            """
            for (const a of document.querySelectorAll('svg a')) {
              a.focus();
              const style = getComputedStyle(a);
              const other = document.getElementById(a.getAttribute('href').slice(1));
              lines.push(['link', document.activeElement === a, parseInt(style.outlineWidth) >= 2,
                other !== null && other.getAttribute('href') === '#' + a.id].join(' '));
            }
            """);
    assertThat(result.lines().filter(line -> line.startsWith("link ")))
        .hasSize(2 * picture.moves().size())
        .containsOnly("link true true true");
  }

  @Test
  void whatHasTheFocusIsSeen() throws Exception {
    String page = scriptable(HtmlMap.html(List.of(few())));
    String focused =
        page.replace("</body>", "<script>document.querySelector('svg a').focus()</script></body>");
    BufferedImage without = chromium.screenshot(write("a.html", page), WIDTH, 900, false);
    BufferedImage with = chromium.screenshot(write("b.html", focused), WIDTH, 900, false);
    assertThat(count(without, FOCUS)).isZero();
    assertThat(count(with, FOCUS)).isGreaterThan(100);
  }

  /** A box on the page, in pixels, and what is in it. */
  private record Box(double left, double top, double right, double bottom, String what) {
    double width() {
      return right - left;
    }

    double height() {
      return bottom - top;
    }

    boolean isWithin(Box other) {
      return left >= other.left
          && right <= other.right
          && top >= other.top
          && bottom <= other.bottom;
    }

    boolean overlaps(Box other) {
      return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
  }

  /** Boxes by their kind: svg, bar, text, label (a text in a slice) and slice. */
  private ImmutableListMultimap<String, Box> boxes(String markup) throws Exception {
    String page =
        markup.startsWith("<!DOCTYPE")
            ? markup
            : "<!DOCTYPE html><html><body style=\"margin: 0\">"
                + markup.substring(markup.indexOf("<svg"))
                + "</body></html>";
    ImmutableListMultimap.Builder<String, Box> boxes = ImmutableListMultimap.builder();
    for (String line : Splitter.on('\n').split(measured(page, WIDTH, ""))) {
      List<String> words = Splitter.on(' ').splitToList(line);
      if (words.size() == 6) {
        boxes.put(
            words.get(0),
            new Box(
                Double.parseDouble(words.get(1)),
                Double.parseDouble(words.get(2)),
                Double.parseDouble(words.get(3)),
                Double.parseDouble(words.get(4)),
                URLDecoder.decode(words.get(5), StandardCharsets.UTF_8)));
      }
    }
    return boxes.build();
  }

  /** What a script finds out on a page. */
  private String measured(String page, int width, String more) throws Exception {
    String script =
        """
        <pre id="result"></pre><script>
        const lines = [];
        const box = (kind, element, text) => {
          const r = element.getBoundingClientRect();
          lines.push([kind, r.left, r.top, r.right, r.bottom,
            encodeURIComponent(text || '-')].join(' '));
        };
        const svg = document.querySelector('svg');
        box('svg', svg);
        for (const g of svg.querySelectorAll('[role=group]')) {
          box('bar', g.querySelector('.frame'), g.getAttribute('aria-label'));
        }
        for (const text of svg.querySelectorAll('text')) {
          box('text', text, text.textContent);
          if (text.parentElement.querySelector(':scope > rect')
              && text.parentElement.querySelector(':scope > title')) {
            box('label', text, text.textContent);
            box('slice', text.parentElement.querySelector('rect'), text.textContent);
          }
        }
        lines.push('fits ' + (document.documentElement.scrollWidth <= innerWidth));
        MORE
        document.getElementById('result').textContent = '\\n' + lines.join('\\n') + '\\n';
        </script>
        """
            .replace("MORE", more);
    Path file = write("measured.html", page.replace("</body>", script + "</body>"));
    String dom = chromium.elements(file, width, 900);
    String begin = "<pre id=\"result\">";
    int first = dom.indexOf(begin) + begin.length();
    return dom.substring(first, dom.indexOf("</pre>", first));
  }

  /** Pages forbid scripts; those of a test need leave. */
  private static String scriptable(String html) {
    String policy = "default-src 'none'; ";
    String attribute = policy.replace("'", "&apos;");
    assertThat(html).containsAnyOf(policy, attribute, policy.replace("'", "&#39;"));
    return html.replaceFirst("<meta http-equiv=[^>]*>", "");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static Color pixel(BufferedImage image, int x, int y) {
    return new Color(image.getRGB(x, y));
  }

  /** The rims of letters are drawn with a little of what is below them. */
  private static boolean isNearly(Color one, Color other) {
    return Math.abs(one.getRed() - other.getRed()) <= 3
        && Math.abs(one.getGreen() - other.getGreen()) <= 3
        && Math.abs(one.getBlue() - other.getBlue()) <= 3;
  }

  private static long count(BufferedImage image, Color colour) {
    long count = 0;
    for (int x = 0; x < image.getWidth(); x++) {
      for (int y = 0; y < image.getHeight(); y++) {
        count += pixel(image, x, y).equals(colour) ? 1 : 0;
      }
    }
    return count;
  }

  private static Picture named(String which) {
    return switch (which) {
      case "few" -> few();
      case "many" -> many();
      case "in progress" -> inProgress();
      case "one state" -> Picture.of(sample(), LvmUuid::toString);
      case "hostile" -> hostile();
      default -> throw new IllegalArgumentException(which);
    };
  }

  private static VolumeGroup sample() {
    return Tank.pvs(31, 31, 31)
        .lv("home", Tank.linear(0, 0, 3), Tank.linear(0, 6, 3), Tank.linear(0, 12, 3))
        .lv("root", Tank.linear(0, 3, 3), Tank.linear(0, 9, 3))
        .lv("data", Tank.striped(Tank.run(0, 15, 8), Tank.run(1, 0, 8)))
        .lv("logs", Tank.linear(1, 20, 4))
        .build();
  }

  private static Picture few() {
    VolumeGroup vg = sample();
    return moved(vg, name(vg), "/dev/sda");
  }

  private static Picture inProgress() {
    VolumeGroup vg = sample();
    VolumeGroup begun =
        Iterables.get(
            Planner.plan(vg, MoveRequest.from("/dev/sda").build())
                .orElseThrow()
                .replay(
                    vg,
                    new PvmoveEdits.Origin(Tank.id("m"), Tank.id("f"), Tank.id("t"), "host", 0)),
            2);
    return Picture.of(begun, Foreseen.afterCarryingOn(begun, Pvmove.allOf(begun)), name(begun));
  }

  /** Thirty physical volumes of all sizes, with short and long names; everything leaves three. */
  private static Picture many() {
    Random random = new Random(5);
    List<PhysicalVolume> pvs = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String device =
          i % 3 == 0
              ? "/dev/disk/by-id/ata-DISK_OF_SOME_MAKER_MZ7LH960HAJR-00005_S45NNA0M80" + i
              : "/dev/sd" + (char) ('a' + i % 26) + (i < 26 ? "" : "a");
      pvs.add(
          PhysicalVolume.builder(
                  "pv" + i,
                  Tank.id("pv" + i),
                  Sectors.of(2048),
                  i == 7 ? 3 : 2000 + random.nextInt(60_000))
              .device(device)
              .build());
    }
    long[] next = new long[30];
    List<LogicalVolume> lvs = new ArrayList<>();
    for (int i = 0; i < 34; i++) {
      List<Segment> segments = new ArrayList<>();
      for (int j = random.nextInt(6); j >= 0; j--) {
        int pv = random.nextInt(26);
        long count = 1L + random.nextInt(j % 3 == 0 ? 40 : 4000);
        next[pv] += random.nextInt(3) == 0 ? random.nextInt(900) : 0;
        if (next[pv] + count <= pvs.get(pv).peCount()) {
          Area area = new Area.Physical(pvs.get(pv).id(), next[pv]);
          segments.add(Segment.of(0, count, SegmentType.Striped.linear(area)));
          next[pv] += count;
        }
      }
      String name = i % 5 == 0 ? "volume-with-a-long-name-" + i : "lv" + i;
      if (!segments.isEmpty()) {
        lvs.add(
            LogicalVolume.builder(name, Tank.id(name))
                .segments(Tank.inRow(segments.toArray(new Segment[0])))
                .build());
      }
    }
    VolumeGroup vg =
        VolumeGroup.builder("storage", Tank.id("storage"), new ExtentSize(8192))
            .seqno(1)
            .physicalVolumes(pvs)
            .logicalVolumes(lvs)
            .build();
    return moved(vg, name(vg), "/dev/sdb", "/dev/sdc", "/dev/sdf");
  }

  /** Wide, stacked and turned letters, markup, and too many of them. */
  private static Picture hostile() {
    String name = "\u65E5\u672C\u8A9E\uD83D\uDE00<&>\"\u202E\u0301W".repeat(20);
    VolumeGroup vg = sample();
    MovePlan plan = Planner.plan(vg, MoveRequest.from("/dev/sda").build()).orElseThrow();
    return Picture.of(named(vg, name), named(Foreseen.after(vg, plan), name), pv -> name);
  }

  private static VolumeGroup named(VolumeGroup vg, String name) {
    return vg.toBuilder()
        .name(name)
        .logicalVolumes(
            vg.logicalVolumes().stream()
                .map(lv -> lv.name().equals("home") ? lv.toBuilder().name(name).build() : lv)
                .toList())
        .build();
  }

  private static Picture moved(
      VolumeGroup vg, Function<LvmUuid, String> names, String first, String... more) {
    MoveRequest request = MoveRequest.from(first, more).build();
    return Picture.of(vg, Foreseen.after(vg, Planner.plan(vg, request).orElseThrow()), names);
  }

  private static Function<LvmUuid, String> name(VolumeGroup vg) {
    return pv -> vg.physicalVolume(pv).orElseThrow().label();
  }
}
