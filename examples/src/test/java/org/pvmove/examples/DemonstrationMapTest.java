// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.examples.map.Picture;
import org.pvmove.examples.map.SvgMap;
import org.pvmove.io.Access;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

class DemonstrationMapTest {
  private static final Path IN_THE_DOCUMENTATION = Path.of("..", "docs", "map.svg");

  @TempDir private Path directory;

  @Test
  void theMapInTheDocumentationIsThatOfTheDemonstration() throws IOException {
    String drawn = draw();
    if (Boolean.getBoolean("pvmove.map.write")) {
      Files.writeString(IN_THE_DOCUMENTATION, drawn);
    }
    assertThat(Files.readString(IN_THE_DOCUMENTATION)).isEqualTo(drawn);
  }

  private String draw() throws IOException {
    List<Path> images = Demonstration.imagesIn(directory);
    SampleVolumeGroup.makeImages(images, Demonstration.IMAGE_BYTES);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images)) {
      StoredVolumeGroup group = Demonstration.sample().create(devices);
      VolumeGroup vg = group.volumeGroup();
      MoveRequest request = MoveRequest.from(images.get(0).toString()).build();
      MovePlan plan = PvMover.builder(devices, "vg").build().plan(request).orElseThrow();
      return SvgMap.svg(
          List.of(Picture.of(vg, Foreseen.after(vg, plan), Demonstration.names(group))));
    }
  }
}
