// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.Tank;

class TerminalMapTest {
  private static final VolumeGroup BEFORE =
      Tank.pvs(20, 20, 20)
          .lv("home", Tank.linear(0, 0, 3), Tank.linear(0, 5, 1))
          .lv("data", Tank.striped(Tank.run(0, 7, 8), Tank.run(1, 0, 8)))
          .build();

  private static final VolumeGroup AFTER =
      Tank.pvs(20, 20, 20)
          .lv("home", Tank.linear(1, 8, 3), Tank.linear(1, 11, 1))
          .lv("data", Tank.striped(Tank.run(2, 0, 8), Tank.run(1, 0, 8)))
          .build();

  @Test
  void drawsExtentsBeforeAndAfterAndNumbersWhatMoves() {
    assertThat(TerminalMap.lines(Picture.of(BEFORE, AFTER, TerminalMapTest::name), 80, false))
        .containsExactly(
            "Volume group tank, extents of 4.00 MiB; what moves: 3 runs, 12 extents (48.00 MiB)",
            "pv0: 12 of 20 extents used before, 0 after",
            "  before |AAA..A.BBBBBBBB.....|",
            "          1--  2 3-------",
            "  after  |....................|",
            "pv1: 8 of 20 extents used before, 12 after",
            "  before |BBBBBBBB............|",
            "  after  |BBBBBBBBAAAA........|",
            "                  1--2",
            "pv2: 0 of 20 extents used before, 8 after",
            "  before |....................|",
            "  after  |BBBBBBBB............|",
            "          3-------",
            ". free  A home  B data",
            "  1: home 0-2 from pv0:0-2 to pv1:8-10",
            "  2: home 3 from pv0:5 to pv1:11",
            "  3: data 0-15, stripe 1 of 2 from pv0:7-14 to pv2:0-7");
  }

  @Test
  void drawsAVolumeGroupAsItIs() {
    assertThat(TerminalMap.lines(Picture.of(BEFORE, TerminalMapTest::name), 80, false))
        .containsExactly(
            "Volume group tank, extents of 4.00 MiB",
            "pv0: 12 of 20 extents used",
            "         |AAA..A.BBBBBBBB.....|",
            "pv1: 8 of 20 extents used",
            "         |BBBBBBBB............|",
            "pv2: 0 of 20 extents used",
            "         |....................|",
            ". free  A home  B data");
  }

  @Test
  void saysWhatIsTheSameBeforeAndAfterOnce() {
    assertThat(TerminalMap.lines(Picture.of(BEFORE, BEFORE, TerminalMapTest::name), 80, false))
        .contains(
            "Volume group tank, extents of 4.00 MiB; what moves: nothing",
            "pv0: 12 of 20 extents used",
            "  both   |AAA..A.BBBBBBBB.....|")
        .noneMatch(line -> line.contains("before"));
  }

  @Test
  void coloursSayNothingThatLettersDoNot() {
    Picture picture = Picture.of(BEFORE, AFTER, TerminalMapTest::name);
    String plain = String.join("\n", TerminalMap.lines(picture, 80, false));
    String coloured = String.join("\n", TerminalMap.lines(picture, 80, true));
    assertThat(coloured)
        .contains(
            "\u001B[48;5;25;38;5;231mAAA\u001B[0m..", "\u001B[48;5;214;38;5;16mB\u001B[0m data")
        .isNotEqualTo(plain);
    assertThat(coloured.replaceAll("\u001B\\[[0-9;]*m", "")).isEqualTo(plain);
    assertThat(plain).doesNotContain("\u001B");
  }

  @Test
  void showsWhatIsTooShortForTheLineWithoutHidingThatItIsThere() {
    Segment[] runs =
        IntStream.range(0, 100)
            .mapToObj(i -> Tank.linear(0, 500_000 + 2L * i, 1))
            .toArray(Segment[]::new);
    VolumeGroup vg =
        Tank.pvs(1_000_000)
            .lv("long", Tank.linear(0, 0, 500_000))
            .lv("short", runs)
            .lv("last", Tank.linear(0, 999_999, 1))
            .build();
    String bar = TerminalMap.lines(Picture.of(vg, TerminalMapTest::name), 80, false).get(2);
    assertThat(bar).matches("         \\|A+\\*\\.+C\\|").hasSize(80);
  }

  @Test
  void longBarsAreAsWideAsTheTerminalAndOthersHaveACharacterForAnExtent() {
    VolumeGroup vg = Tank.pvs(3, 4_000_000).build();
    assertThat(TerminalMap.lines(Picture.of(vg, TerminalMapTest::name), 100, false))
        .contains("         |...|", "         |" + ".".repeat(89) + "|")
        .contains("pv1: 0 of 4000000 extents used, about 44944 a character");
  }

  @Test
  void givesLettersAsLongAsThereAreAnyAndAPlusSignThen() {
    Tank tank = Tank.pvs(60);
    for (int i = 0; i < 60; i++) {
      tank.lv("lv" + i, Tank.linear(0, i, 1));
    }
    String text =
        TerminalMap.lines(Picture.of(tank.build(), TerminalMapTest::name), 80, false).stream()
            .collect(Collectors.joining("\n"));
    assertThat(text)
        .contains("|ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz++++++++|")
        .contains("Z lv25")
        .contains("z lv51  + 8 other logical volumes");
  }

  private static String name(LvmUuid pv) {
    return pv.value().substring(0, 3);
  }
}
