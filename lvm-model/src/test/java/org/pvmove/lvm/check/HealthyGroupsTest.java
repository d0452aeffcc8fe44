// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataText;

/** Nothing is found wrong with what real LVM2 wrote. */
class HealthyGroupsTest {
  private static VolumeGroup group(String fixture) {
    return MetadataText.parse(Fixtures.metadataText(fixture)).volumeGroup();
  }

  static Stream<String> healthyFixtures() {
    return Fixtures.names().stream()
        .filter(Fixtures::hasMetadataText)
        // Written by hand with an unknown type, and texts damaged on purpose.
        .filter(name -> !name.equals("d4-handwritten") && !name.startsWith("g-text-"));
  }

  @Test
  void findsTheFixtures() {
    assertThat(healthyFixtures()).hasSizeGreaterThan(45);
  }

  @ParameterizedTest
  @MethodSource("healthyFixtures")
  void findsNothingWrong(String fixture) {
    VolumeGroup vg = group(fixture);
    assertThat(VolumeGroupCheck.check(vg)).isEmpty();
    assertThat(VolumeGroupCheck.requireWritable(vg)).isSameAs(vg);
  }

  @Test
  void refusesToWriteAGroupWithAnUnknownType() {
    VolumeGroup vg = group("d4-handwritten");
    Violation unknown =
        new Violation(
            Severity.UNWRITABLE,
            "logical volume future, segment 1",
            "expected a type this library knows, found \"future-type\"");
    assertThat(VolumeGroupCheck.check(vg)).containsExactly(unknown);
    assertThatThrownBy(() -> VolumeGroupCheck.requireWritable(vg))
        .isInstanceOfSatisfying(
            InvalidVolumeGroupException.class,
            e -> assertThat(e.violations()).containsExactly(unknown))
        .hasMessage(
            "volume group vgd4 cannot be written: logical volume future, segment 1: expected a type"
                + " this library knows, found \"future-type\"");
  }
}
