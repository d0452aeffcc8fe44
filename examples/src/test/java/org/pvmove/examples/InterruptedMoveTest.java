// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;

/** Takes over from real LVM2, which lost its power in the middle of a move. */
class InterruptedMoveTest {
  private static final int BLOCK = 64 << 10;

  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void unpack() throws IOException {
    List<Path> paths = new ArrayList<>();
    for (String disk : List.of("a", "b", "c")) {
      Path path = directory.resolve(disk);
      unpack("interrupted/h1-nonatomic." + disk + ".gz", path);
      paths.add(path);
    }
    images = new Images(paths);
  }

  @Test
  void restartsTheMoveAndLosesNothing() throws IOException {
    Result result = images.pvmove();
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains(images.name(0) + ": Moved: 29.41%", "Moved: 100.00%");
    assertThat(images.isMoveInProgress()).isFalse();
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
    assertThat(checksums()).isEqualTo(expectedChecksums());
  }

  @Test
  void restartsTheMoveByTheNameThatTheOtherMachineGaveTheDisk() throws IOException {
    Result result = images.pvmove("/dev/vda");
    assertThat(result.out()).contains("Detected pvmove in progress for " + images.name(0));
    assertThat(result.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(checksums()).isEqualTo(expectedChecksums());
  }

  @Test
  void givesTheMoveUpWithTheFirstSegmentAtItsNewPlaceAndTheRestAtTheOldOne() throws IOException {
    Result result = images.pvmove("--abort");
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(images.isMoveInProgress()).isFalse();
    assertThat(images.used(0)).isEqualTo(24);
    StoredVolumeGroup group = images.group();
    LogicalVolume a = group.volumeGroup().logicalVolume("a").orElseThrow();
    assertThat(a.segments().stream().map(segment -> place(group, segment)))
        .containsExactly(images.name(1) + ":4-13", images.name(0) + ":20-29");
    assertThat(images.firstDifference()).isEmpty();
    assertThat(checksums()).isEqualTo(expectedChecksums());
  }

  @Test
  void isRightInTheMiddleToo() throws IOException {
    assertThat(images.isMoveInProgress()).isTrue();
    assertThat(images.firstDifference()).isEmpty();
    assertThat(checksums()).isEqualTo(expectedChecksums());
  }

  private static String place(StoredVolumeGroup group, Segment segment) {
    return Texts.extents(group, segment.physicalRange(segment.areas().get(0)));
  }

  private Map<String, String> checksums() throws IOException {
    ImmutableMap.Builder<String, String> sums = ImmutableMap.builder();
    try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images.paths())) {
      StoredVolumeGroup group = devices.scan().volumeGroup("vg");
      for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
        if (!lv.isPvmove()) {
          sums.put(lv.name(), md5(new LogicalVolumeBytes(group, lv.name())));
        }
      }
    }
    return sums.buildOrThrow();
  }

  @SuppressWarnings("deprecation") // what the sums beside the images are
  private static String md5(LogicalVolumeBytes volume) throws IOException {
    Hasher hasher = Hashing.md5().newHasher();
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    for (long at = 0; at < volume.size(); at += BLOCK) {
      volume.read(at, block.clear());
      hasher.putBytes(block.flip());
    }
    return hasher.hash().toString();
  }

  private static Map<String, String> expectedChecksums() throws IOException {
    URL list = Resources.getResource("interrupted/h1-nonatomic.md5");
    return Resources.readLines(list, UTF_8).stream()
        .map(line -> line.split(" +/dev/mapper/vg-", 2))
        .collect(ImmutableMap.toImmutableMap(words -> words[1], words -> words[0]));
  }

  private static void unpack(String resource, Path path) throws IOException {
    byte[] zeros = new byte[BLOCK];
    try (InputStream in = new GZIPInputStream(Resources.getResource(resource).openStream());
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      long size = 0;
      for (byte[] block = in.readNBytes(BLOCK); block.length > 0; block = in.readNBytes(BLOCK)) {
        if (!Arrays.equals(block, zeros)) {
          file.seek(size);
          file.write(block);
        }
        size += block.length;
      }
      file.setLength(size);
    }
  }
}
