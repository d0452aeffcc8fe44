// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.plan.MoveRequest;

/** The small embedding programs do what they say. */
class EmbeddingTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  @Test
  void planAndExecuteMovesBetweenTwoImages() throws IOException {
    Images two = Images.ofTwo(Files.createDirectory(directory.resolve("two")));
    assertThat(PlanAndExecute.move(two.path(0), two.path(1)))
        .isEqualTo("moved, durably: 1048576 bytes");
    assertThat(two.used(0)).isZero();
    assertThat(two.firstDifference()).isEmpty();
    assertThat(PlanAndExecute.move(two.path(0), two.path(1)))
        .startsWith("cannot be moved: ")
        .contains("NothingToMove");
  }

  @Test
  void watchProgressStopsWhenTimeIsUpAndGoesOnInTheNextWindow() throws IOException {
    AtomicLong second = new AtomicLong();
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images.paths())) {
      WatchProgress brief =
          new WatchProgress(
              () -> Instant.ofEpochSecond(second.getAndIncrement()), Duration.ofSeconds(3));
      assertThat(brief.move(devices, images.name(0))).isFalse();
      assertThat(images.isMoveInProgress()).isTrue();
      Clock stopped = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
      WatchProgress ample = new WatchProgress(stopped, Duration.ofHours(1));
      assertThat(ample.move(devices, images.name(0))).isTrue();
    }
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void restartOnStartUpFinishesWhatWasInterrupted() throws IOException {
    images.moveOneSegment(0);
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, images.paths())) {
      assertThat(RestartOnStartUp.restart(devices)).isTrue();
    }
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void useWhileMovingWritesToAVolumeThatMoves() throws Exception {
    Images two = Images.ofTwo(Files.createDirectory(directory.resolve("two")));
    String lv = two.group().volumeGroup().logicalVolumes().get(0).name();
    try (DeviceSet devices = DeviceSet.open(Access.READ_WRITE, two.paths())) {
      assertThat(
              UseWhileMoving.overwrite(
                  devices, lv, two.plan(MoveRequest.from(two.name(0)).build())))
          .isInstanceOf(MoveOutcome.Completed.class);
      LogicalVolumeBytes bytes = new LogicalVolumeBytes(devices.scan().volumeGroup("vg"), lv);
      ByteBuffer content = ByteBuffer.allocate((int) bytes.size());
      bytes.read(0, content);
      assertThat(content.array()).containsOnly(0);
    }
    assertThat(two.used(0)).isZero();
  }

  @Test
  void theReadmeShowsPlanAndExecute() throws IOException {
    assertShown("PlanAndExecute", "README.md");
  }

  @Test
  void theGuideShowsUseWhileMoving() throws IOException {
    assertShown("UseWhileMoving", "docs/embedding.md");
  }

  private static void assertShown(String example, String document) throws IOException {
    String marker = "The documentation shows the ";
    List<String> source =
        Files.readAllLines(Path.of("src/main/java/org/pvmove/examples/" + example + ".java"));
    List<String> shown =
        source.stream()
            .dropWhile(line -> !line.contains(marker))
            .skip(1)
            .takeWhile(line -> !line.contains(marker))
            .map(line -> line.substring(4))
            .toList();
    assertThat(shown).hasSizeBetween(10, 20);
    assertThat(Files.readString(Path.of("..", document)))
        .contains("```java\n" + String.join("\n", shown) + "\n```");
  }

  @Test
  void remoteDiskTakesWhatIsMovedToItAndKeepsHolesAsHoles() throws IOException {
    Map<String, byte[]> objects = new ConcurrentHashMap<>();
    BlockDevice local = BlockDevices.inMemory("local", 8 << 20);
    RemoteDisk remote = new RemoteDisk("remote", 8 << 20, 64 << 10, RemoteDisk.inMemory(objects));
    try (DeviceSet devices = DeviceSet.of(local, remote)) {
      SampleVolumeGroup sample = new SampleVolumeGroup("vg", Images.EXTENT_SIZE);
      sample.add("lv").linear(0, 3, 4);
      sample.create(devices);
      int before = objects.size();

      assertThat(RemoteDisk.move(devices, local, remote)).isInstanceOf(MoveOutcome.Completed.class);

      assertThat(SampleVolumeGroup.firstDifference(devices.scan().volumeGroup("vg"))).isEmpty();
      assertThat(objects.size() - before)
          .isBetween(1, (int) (4 * Images.EXTENT_SIZE.bytes() / (64 << 10)) + 1);
    }
  }

  @Test
  void remoteDiskReadsWhatWasWrittenWhereverItBegins() throws IOException {
    RemoteDisk disk =
        new RemoteDisk("r", 1 << 20, 4096, RemoteDisk.inMemory(new ConcurrentHashMap<>()));
    byte[] model = new byte[1 << 20];
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      int at = random.nextInt(model.length);
      byte[] some = new byte[random.nextInt(Math.min(20_000, model.length - at + 1))];
      if (random.nextInt(3) > 0) {
        random.nextBytes(some);
      }
      disk.write(at, ByteBuffer.wrap(some));
      System.arraycopy(some, 0, model, at, some.length);
      int data = (int) disk.nextData(at, model.length);
      for (byte hole : Arrays.copyOfRange(model, at, data)) {
        assertThat(hole).isZero();
      }
    }
    ByteBuffer all = ByteBuffer.allocate(model.length);
    disk.read(0, all);
    assertThat(all.array()).isEqualTo(model);
  }

  @Test
  void unknownDisksTellsWhatIsThereAndWhatIsMissing() throws IOException {
    Path other = Files.write(directory.resolve("other.img"), new byte[1 << 20]);
    assertThat(UnknownDisks.describe(List.of(images.path(0), images.path(1), other)))
        .anyMatch(line -> line.matches("vg: version [0-9]+, on 2 of 3 disks"))
        .anyMatch(line -> line.matches("  home: [0-9]+ bytes"))
        .anyMatch(line -> line.startsWith("  must not be changed: "))
        .anyMatch(line -> line.startsWith(other + ": "));
  }
}
