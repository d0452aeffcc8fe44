// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/** What holds for every volume group that is built right. */
class VolumeGroupPropertiesTest {
  @Provide
  Arbitrary<VolumeGroup> volumeGroups() {
    return VolumeGroups.volumeGroups();
  }

  @Property
  void survivesPrintingAndParsing(
      @ForAll("volumeGroups") VolumeGroup vg, @ForAll String description, @ForAll long time) {
    String bytes = description.replaceAll("[^\\u0001-\\u00ff]", "?").replace("\n}\n", "");
    MetadataText text = new MetadataText(vg, MetadataHeader.of(bytes, "host", time));
    assertThat(MetadataText.parseDisk(text.toDiskBytes())).isEqualTo(text);
  }

  @Property
  void nothingIsWrongWithIt(@ForAll("volumeGroups") VolumeGroup vg) {
    assertThat(VolumeGroupCheck.check(vg)).isEmpty();
    Statistics.label("move")
        .collect(
            vg.pvmoveVolumes().stream()
                .flatMap(lv -> lv.segments().stream())
                .anyMatch(segment -> segment.type() instanceof SegmentType.Mirror))
        .coverage(coverage -> coverage.check(true).percentage(share -> share > 10));
    Set<String> types =
        vg.logicalVolumes().stream()
            .flatMap(lv -> lv.segments().stream())
            .map(segment -> segment.type().getClass().getSimpleName())
            .collect(Collectors.toSet());
    for (Class<?> type : SegmentType.class.getPermittedSubclasses()) {
      // Of an unknown type there is always something to say.
      if (type != SegmentType.Unknown.class) {
        Statistics.label(type.getSimpleName())
            .collect(types.contains(type.getSimpleName()))
            .coverage(coverage -> coverage.check(true).percentage(share -> share > 3));
      }
    }
    Statistics.label("logical volumes")
        .collect(vg.logicalVolumes().size() > 5)
        .coverage(coverage -> coverage.check(true).percentage(share -> share > 10));
  }
}
