// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.lvm.testing.Tank.linear;
import static org.pvmove.lvm.testing.Tank.on;
import static org.pvmove.lvm.testing.Tank.pv;
import static org.pvmove.lvm.testing.Tank.pvs;
import static org.pvmove.lvm.testing.Tank.run;
import static org.pvmove.lvm.testing.Tank.striped;

import org.junit.jupiter.api.Test;
import org.pvmove.lvm.text.MetadataText;

class LvGraphTest {
  private static VolumeGroup fixture(String name) {
    return MetadataText.parseDisk(Fixtures.metadataText(name)).volumeGroup();
  }

  @Test
  void knowsWhatStandsOnAVolumeAndWhatFor() {
    VolumeGroup vg = fixture("d3-pvmove");
    LvGraph graph = LvGraph.of(vg);
    assertThat(graph.usersOf("pvmove0"))
        .extracting(user -> user.lv().name())
        .containsExactly("lin", "two", "mir_mimage_0");
    assertThat(graph.usersOf("mir_mimage_1"))
        .singleElement()
        .satisfies(
            user -> {
              assertThat(user.lv().name()).isEqualTo("mir");
              assertThat(user.use()).isEqualTo(Reference.Use.IMAGE);
              assertThat(user.segment()).isEqualTo(user.lv().segments().get(0));
            });
    assertThat(graph.usersOf("mir")).isEmpty();
    assertThat(graph.usersOf("nobody")).isEmpty();
  }

  @Test
  void walksDownAndUp() {
    LvGraph graph = LvGraph.of(fixture("d3-pvmove"));
    assertThat(graph.below("mir"))
        .containsExactly("mir", "mir_mimage_0", "mir_mimage_1", "pvmove0");
    assertThat(graph.above("pvmove0"))
        .containsExactly("pvmove0", "lin", "two", "mir_mimage_0", "mir");
    assertThat(graph.below("lin")).containsExactly("lin", "pvmove0");
    assertThat(graph.above("lin")).containsExactly("lin");
  }

  @Test
  void collectsTheExtentsOfAllThatIsBelow() {
    VolumeGroup vg =
        pvs(9, 9)
            .hidden("low", striped(run(0, 0, 2), run(1, 4, 2)))
            .lv("top", on("low", 0, 4), linear(1, 0, 3))
            .build();
    assertThat(LvGraph.of(vg).extentsBelow("top"))
        .containsExactly(run(1, 0, 3), run(0, 0, 2), run(1, 4, 2));
    assertThat(LvGraph.of(vg).extentsBelow("low")).containsExactly(run(0, 0, 2), run(1, 4, 2));
  }

  @Test
  void tellsWhatStandsOnAPhysicalVolume() {
    VolumeGroup vg =
        pvs(9, 9, 9)
            .hidden("low", striped(run(0, 0, 2), run(1, 4, 2)))
            .lv("top", on("low", 0, 4), linear(1, 0, 3))
            .lv("apart", linear(1, 3, 1))
            .build();
    LvGraph graph = LvGraph.of(vg);
    assertThat(graph.standingOn(pv(0))).containsExactly("low", "top");
    assertThat(graph.standingOn(pv(1))).containsExactly("low", "top", "apart");
    assertThat(graph.standingOn(pv(2))).isEmpty();
  }

  @Test
  void endsWhereVolumesStandOnThemselves() {
    VolumeGroup vg =
        pvs(9).lv("a", on("b", 0, 2)).lv("b", on("a", 0, 2)).lv("c", on("c", 0, 1)).build();
    LvGraph graph = LvGraph.of(vg);
    assertThat(graph.below("a")).containsExactly("a", "b");
    assertThat(graph.above("a")).containsExactly("a", "b");
    assertThat(graph.below("c")).containsExactly("c");
    assertThat(graph.extentsBelow("a")).isEmpty();
  }

  @Test
  void namesVolumesThatAreMissing() {
    VolumeGroup vg = pvs(9).lv("a", on("gone", 0, 2)).build();
    assertThat(LvGraph.of(vg).below("a")).containsExactly("a", "gone");
    assertThat(LvGraph.of(vg).usersOf("gone")).hasSize(1);
  }
}
