// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.FixtureDisks;
import org.pvmove.SmallGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.DiskOperation;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.io.testing.SimulatedBlockDevice;
import org.pvmove.io.testing.SimulatedDisks;
import org.pvmove.io.testing.Unflushed;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.InvalidVolumeGroupException;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.disk.MetadataTooLargeException;
import org.pvmove.lvm.text.MetadataHeader;

/** How new versions of a volume group get onto its devices. */
class CommitTest {
  private static final long SEED = 42;
  private static final long DISK_BYTES = 2 << 20;
  private static final int HEADER_BYTES = 512;
  private static final MetadataHeader HEADER = SmallGroup.header("a change");

  /** Disks with a volume group whose metadata areas are as small as can be. */
  private static SimulatedDisks disks(Integer... areas) throws IOException {
    SimulatedDisks disks = new SimulatedDisks(SEED);
    for (int i = 0; i < areas.length; i++) {
      disks.add("disk" + i, DISK_BYTES);
    }
    SmallGroup.on(disks.disks())
        .areas(ImmutableList.copyOf(areas))
        .linear("home", new SmallGroup.Run(0, 0, 3))
        .create();
    return disks.crashImage(Unflushed.KEPT);
  }

  private static DeviceSet open(SimulatedDisks disks) {
    return DeviceSet.of(disks.disks().toArray(new BlockDevice[0]));
  }

  private static StoredVolumeGroup scan(SimulatedDisks disks) {
    return open(disks).scan().volumeGroup(SmallGroup.NAME);
  }

  private static VolumeGroup tagged(StoredVolumeGroup stored, String tag) {
    return stored.volumeGroup().toBuilder().tags(List.of(tag)).build();
  }

  @Test
  void putsTheNewVersionIntoEveryMetadataArea() throws Exception {
    SimulatedDisks disks = disks(2, 1, 0);
    StoredVolumeGroup before = scan(disks);

    StoredVolumeGroup committed = open(disks).commit(before, tagged(before, "new"), HEADER);

    StoredVolumeGroup found = scan(disks.crashImage(Unflushed.LOST));
    assertThat(found.volumeGroup()).isEqualTo(committed.volumeGroup());
    assertThat(found.volumeGroup().tags()).containsExactly("new");
    assertThat(found.volumeGroup().seqno()).isEqualTo(before.volumeGroup().seqno() + 1);
    assertThat(found.header()).isEqualTo(HEADER);
    assertThat(found.findings()).isEmpty();
    assertThat(
            found.devices().values().stream()
                .flatMap(device -> device.areas().stream())
                .map(area -> area.text().volumeGroup()))
        .hasSize(3)
        .containsOnly(committed.volumeGroup());
  }

  @Test
  void returnsWhatAScanWouldFind() throws Exception {
    SimulatedDisks disks = disks(2, 1, 0);
    DeviceSet set = open(disks);
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);

    StoredVolumeGroup committed = set.commit(before, tagged(before, "new"), HEADER);

    assertThat(committed).isEqualTo(set.scan().volumeGroup(SmallGroup.NAME));
  }

  @Test
  void bringsAreasUpToDateThatWereBehind() throws Exception {
    DeviceSet set = DeviceSet.of(FixtureDisks.open("g-newer-on-pv1").toArray(new BlockDevice[0]));
    StoredVolumeGroup before = set.scan().volumeGroup("vgg");
    assertThat(before.findings()).hasSize(3);

    StoredVolumeGroup committed = set.commit(before, tagged(before, "new"), HEADER);

    assertThat(committed.findings()).isEmpty();
    assertThat(set.scan().volumeGroup("vgg")).isEqualTo(committed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"g-ext-not-used", "g-ext-v0", "g-ext-v1"})
  void marksPhysicalVolumesAsUsedWhoseLabelsDoNotSaySo(String fixture) throws Exception {
    DeviceSet set = DeviceSet.of(FixtureDisks.open(fixture).toArray(new BlockDevice[0]));
    StoredVolumeGroup before = set.scan().volumeGroup("vgg");

    StoredVolumeGroup committed = set.commit(before, tagged(before, "new"), HEADER);

    assertThat(set.scan().volumeGroup("vgg")).isEqualTo(committed);
    assertThat(committed.findings()).isEmpty();
    assertThat(committed.devices().values())
        .allSatisfy(
            device -> {
              assertThat(device.label().isUsed()).isTrue();
              assertThat(device.label().extensionVersion()).isEqualTo(2);
            });
  }

  @Test
  void makesLabelsDurableBeforeItWritesTheText() throws Exception {
    SimulatedDisks disks = new SimulatedDisks(SEED);
    for (BlockDevice device : FixtureDisks.open("g-ext-v1")) {
      ByteBuffer content = ByteBuffer.allocate((int) device.size());
      device.read(0, content);
      disks.add(device.name(), device.size()).write(0, content.flip());
      disks.disk(device.name()).flush();
    }
    DeviceSet set = open(disks);
    StoredVolumeGroup before = set.scan().volumeGroup("vgg");
    int first = disks.trace().size();

    set.commit(before, tagged(before, "new"), HEADER);

    List<DiskOperation> trace = new ArrayList<>(disks.trace()).subList(first, disks.trace().size());
    List<DiskOperation> labels =
        trace.stream()
            .filter(operation -> operation.kind() == DiskOperation.Kind.WRITE)
            .takeWhile(write -> write.byteOffset() < 4096)
            .toList();
    assertThat(labels).isNotEmpty();
    List<DiskOperation> then =
        trace.subList(trace.indexOf(labels.get(labels.size() - 1)) + 1, trace.size());
    assertThat(takeFlushes(new ArrayList<>(then)))
        .containsAll(labels.stream().map(DiskOperation::disk).toList());
    assertThat(then)
        .filteredOn(operation -> operation.kind() == DiskOperation.Kind.WRITE)
        .isNotEmpty()
        .noneMatch(write -> write.byteOffset() < 4096);
  }

  private static VolumeGroup withMissing(StoredVolumeGroup stored, int index) {
    List<PhysicalVolume> pvs = new ArrayList<>(stored.volumeGroup().physicalVolumes());
    PhysicalVolume pv = pvs.get(index);
    pvs.set(index, pv.toBuilder().flags(pv.flags().with(StatusFlag.MISSING)).build());
    return stored.volumeGroup().toBuilder().physicalVolumes(pvs).build();
  }

  @Test
  void forgetsThatAPhysicalVolumeWasMissingOnWhichNothingStands() throws Exception {
    DeviceSet set = open(disks(1, 1));
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);
    set.commit(before, withMissing(before, 1), HEADER);

    StoredVolumeGroup found = set.scan().volumeGroup(SmallGroup.NAME);

    assertThat(found.refusals()).isEmpty();
    assertThat(found.findings()).isEmpty();
    assertThat(found.volumeGroup().physicalVolumes()).noneMatch(PhysicalVolume::isMissing);
    StoredVolumeGroup committed = set.commit(found, found.volumeGroup(), HEADER);
    assertThat(set.scan().volumeGroup(SmallGroup.NAME)).isEqualTo(committed);
  }

  @Test
  void remembersThatAPhysicalVolumeWasMissingIfItIsInUse() throws Exception {
    DeviceSet set = open(disks(1, 1));
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);
    set.commit(before, withMissing(before, 0), HEADER);

    assertThat(set.scan().volumeGroup(SmallGroup.NAME).refusals())
        .containsExactly("physical volume disk0 was missing earlier (vgextend --restoremissing)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"g-text-crc-one", "g-rlocn-zero", "g-unaligned-text", "c1-wrapped"})
  void repairsAreasThatHoldNoTextOrADamagedOne(String fixture) throws Exception {
    DeviceSet set = DeviceSet.of(FixtureDisks.open(fixture).toArray(new BlockDevice[0]));
    StoredVolumeGroup before = set.scan().volumeGroups().get(0);

    StoredVolumeGroup committed = set.commit(before, tagged(before, "new"), HEADER);

    assertThat(set.scan().volumeGroups()).containsExactly(committed);
    assertThat(committed.findings()).isEmpty();
    assertThat(
            committed.devices().values().stream()
                .flatMap(device -> device.areas().stream())
                .map(area -> area.text().volumeGroup()))
        .containsOnly(committed.volumeGroup());
  }

  @ParameterizedTest
  @ValueSource(strings = {"e1-ignored-mda", "e2-vgmetadatacopies1", "e3-2of6-copies"})
  void leavesIgnoredAreasAlone(String fixture) throws Exception {
    List<BlockDevice> devices = FixtureDisks.open(fixture);
    DeviceSet set = DeviceSet.of(devices.toArray(new BlockDevice[0]));
    StoredVolumeGroup before = set.scan().volumeGroups().get(0);
    List<ByteBuffer> ignored = ignoredAreas(before);
    assertThat(ignored).isNotEmpty();

    StoredVolumeGroup committed = set.commit(before, tagged(before, "new"), HEADER);

    assertThat(ignoredAreas(committed)).isEqualTo(ignored);
    assertThat(set.scan().volumeGroups()).containsExactly(committed);
  }

  private static List<ByteBuffer> ignoredAreas(StoredVolumeGroup stored) throws IOException {
    List<ByteBuffer> content = new ArrayList<>();
    for (ScannedDevice device : stored.devices().values()) {
      for (MetadataAreaState area : device.areas()) {
        if (!area.isWritten()) {
          ByteBuffer bytes = ByteBuffer.allocate((int) area.area().size());
          device.device().read(area.area().offset(), bytes);
          content.add(bytes.flip());
        }
      }
    }
    return content;
  }

  @Test
  void makesEachStepDurableEverywhereBeforeTheNextBegins() throws Exception {
    SimulatedDisks disks = disks(2, 1, 1, 0);
    StoredVolumeGroup before = scan(disks);

    open(disks).commit(before, tagged(before, "new"), HEADER);

    List<DiskOperation> trace = new ArrayList<>(disks.trace());
    Set<String> withAreas = Set.of("disk0", "disk1", "disk2");
    // What the scan found, which might be in a cache only.
    assertThat(takeFlushes(trace)).isEqualTo(withAreas);
    assertThat(takeWrites(trace, false)).hasSize(4);
    assertThat(takeFlushes(trace)).isEqualTo(withAreas);
    List<DiskOperation> announced = takeWrites(trace, true);
    assertThat(announced).hasSize(4);
    assertThat(takeFlushes(trace)).isEqualTo(withAreas);
    List<DiskOperation> inForce = takeWrites(trace, true);
    assertThat(inForce)
        .extracting(DiskOperation::disk, DiskOperation::byteOffset)
        .containsExactlyElementsOf(
            announced.stream().map(write -> tuple(write.disk(), write.byteOffset())).toList());
    assertThat(takeFlushes(trace)).isEqualTo(withAreas);
    assertThat(trace).isEmpty();
  }

  private static Set<String> takeFlushes(List<DiskOperation> trace) {
    Set<String> flushed = new LinkedHashSet<>();
    while (!trace.isEmpty() && trace.get(0).kind() == DiskOperation.Kind.FLUSH) {
      flushed.add(trace.remove(0).disk());
    }
    return flushed;
  }

  private static List<DiskOperation> takeWrites(List<DiskOperation> trace, boolean headers) {
    List<DiskOperation> writes = new ArrayList<>();
    while (!trace.isEmpty()
        && trace.get(0).kind() == DiskOperation.Kind.WRITE
        && (trace.get(0).byteCount() == HEADER_BYTES) == headers) {
      writes.add(trace.remove(0));
    }
    return writes;
  }

  @Test
  void goesAroundTheRingWithoutTouchingTheTextInForce() throws Exception {
    SimulatedDisks disks = disks(2, 1);
    DeviceSet set = open(disks);
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    int wrapped = 0;
    for (int i = 0; i < 200; i++) {
      VolumeGroup before = stored.volumeGroup();
      VolumeGroup next = tagged(stored, "t".repeat(1 + i * 37 % 11_000));
      // Cut right before the first header says that the new text counts.
      SimulatedDisks probe = disks.crashImage(Unflushed.KEPT);
      StoredVolumeGroup onProbe = scan(probe);
      open(probe).commit(onProbe, next, HEADER);
      long writes = probe.writeCount();
      SimulatedDisks cut = disks.crashImage(Unflushed.KEPT);
      cut.cutPowerAfterWrite(writes - 3);
      assertThatThrownBy(() -> open(cut).commit(scan(cut), next, HEADER))
          .isInstanceOf(CommitFailedException.class);
      assertThat(scan(cut.crashImage(Unflushed.KEPT)).volumeGroup()).isEqualTo(before);

      stored = set.commit(stored, next, HEADER);
      wrapped += writes > 9 ? 1 : 0;
    }

    assertThat(wrapped).isGreaterThan(20);
    assertThat(scan(disks).volumeGroup()).isEqualTo(stored.volumeGroup());
    assertThat(scan(disks).volumeGroup().seqno()).isEqualTo(201);
  }

  @Test
  void writesNothingIfTheTextIsTooLarge() throws Exception {
    SimulatedDisks disks = disks(2, 1);
    DeviceSet set = open(disks);
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);

    assertThatThrownBy(() -> set.commit(before, tagged(before, "t".repeat(16_000)), HEADER))
        .isInstanceOf(MetadataTooLargeException.class)
        .hasMessageContaining("at most 15616 bytes");

    assertThat(disks.writeCount()).isZero();
    assertThat(scan(disks).volumeGroup()).isEqualTo(before.volumeGroup());
  }

  @Test
  void takesATextThatJustFits() throws Exception {
    SimulatedDisks disks = disks(1);
    DeviceSet set = open(disks);
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);
    int tooLong =
        (int)
            catchThrowableOfType(
                    MetadataTooLargeException.class,
                    () -> set.commit(before, tagged(before, "t".repeat(16_000)), HEADER))
                .textSize();
    int most = 16_000 - (tooLong - (int) before.room());

    assertThatThrownBy(() -> set.commit(before, tagged(before, "t".repeat(most + 1)), HEADER))
        .isInstanceOf(MetadataTooLargeException.class);
    StoredVolumeGroup committed = set.commit(before, tagged(before, "t".repeat(most)), HEADER);
    StoredVolumeGroup again = set.commit(committed, tagged(before, "u".repeat(most)), HEADER);

    assertThat(before.room()).isEqualTo(15616);
    assertThat(scan(disks).volumeGroup()).isEqualTo(again.volumeGroup());
  }

  @Test
  void noticesThatAnotherWriterWasFaster() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    DeviceSet one = open(disks);
    DeviceSet other = open(disks);
    StoredVolumeGroup seenByOne = one.scan().volumeGroup(SmallGroup.NAME);
    StoredVolumeGroup seenByOther = other.scan().volumeGroup(SmallGroup.NAME);
    other.commit(seenByOther, tagged(seenByOther, "other"), HEADER);
    long writes = disks.writeCount();

    assertThatThrownBy(() -> one.commit(seenByOne, tagged(seenByOne, "one"), HEADER))
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining("disk0, metadata area at byte 4096");

    assertThat(disks.writeCount()).isEqualTo(writes);
    assertThat(scan(disks).volumeGroup().tags()).containsExactly("other");
  }

  @Test
  void noticesThatAnotherWriterHadBegun() throws Exception {
    // The other one died when one area of two was up to date.
    SimulatedDisks disks = disks(1, 1);
    StoredVolumeGroup seen = scan(disks);
    disks.cutPowerAfterWrite(2 + 2 + 1);
    assertThatThrownBy(() -> open(disks).commit(seen, tagged(seen, "other"), HEADER))
        .isInstanceOf(CommitFailedException.class);
    SimulatedDisks after = disks.crashImage(Unflushed.KEPT);

    StoredVolumeGroup stale =
        new StoredVolumeGroup(
            seen.volumeGroup(),
            seen.header(),
            withDevicesOf(scan(after), seen),
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableList.of());

    assertThatThrownBy(() -> open(after).commit(stale, tagged(seen, "one"), HEADER))
        .isInstanceOf(VolumeGroupChangedException.class);
    assertThat(after.writeCount()).isZero();
  }

  @Test
  void noticesThatAnAreaHasAnotherSize() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    StoredVolumeGroup seen = scan(disks);
    MetadataAreaHeader header = seen.devices().values().asList().get(1).areas().get(0).header();
    MetadataAreaHeader smaller =
        new MetadataAreaHeader(
            header.start(), header.size() - 512, header.committed(), header.precommitted());
    disks.disk("disk1").write(smaller.start(), smaller.encode());
    long writes = disks.writeCount();

    assertThatThrownBy(() -> open(disks).commit(seen, tagged(seen, "one"), HEADER))
        .isInstanceOf(VolumeGroupChangedException.class);

    assertThat(disks.writeCount()).isEqualTo(writes);
  }

  @Test
  void noticesThatAHeaderWasOverwritten() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    StoredVolumeGroup seen = scan(disks);
    disks.disk("disk1").write(4096, ByteBuffer.allocate(HEADER_BYTES));
    long writes = disks.writeCount();

    assertThatThrownBy(() -> open(disks).commit(seen, tagged(seen, "one"), HEADER))
        .isInstanceOf(VolumeGroupChangedException.class)
        .hasMessageContaining("disk1, metadata area at byte 4096");

    assertThat(disks.writeCount()).isEqualTo(writes);
  }

  /** What was seen before, on the devices of now. */
  private static ImmutableMap<LvmUuid, ScannedDevice> withDevicesOf(
      StoredVolumeGroup now, StoredVolumeGroup seen) {
    ImmutableMap.Builder<LvmUuid, ScannedDevice> devices = ImmutableMap.builder();
    seen.devices()
        .forEach(
            (pv, device) ->
                devices.put(
                    pv,
                    new ScannedDevice(
                        now.device(pv).device(), device.labelScan(), device.areas(), null)));
    return devices.buildOrThrow();
  }

  @Test
  void refusesAnotherVolumeGroupOrOtherPhysicalVolumes() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    DeviceSet set = open(disks);
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    VolumeGroup vg = stored.volumeGroup();
    VolumeGroup other = vg.toBuilder().id(new LvmUuid("x".repeat(32))).build();
    VolumeGroup reduced =
        vg.toBuilder().physicalVolumes(vg.physicalVolumes().subList(0, 1)).build();

    assertThatThrownBy(() -> set.commit(stored, other, HEADER))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> set.commit(stored, reduced, HEADER))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void refusesAnInvalidVersion() throws Exception {
    SimulatedDisks disks = disks(1);
    DeviceSet set = open(disks);
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    LogicalVolume home = stored.volumeGroup().logicalVolume("home").orElseThrow();
    VolumeGroup twice =
        stored.volumeGroup().toBuilder().logicalVolumes(List.of(home, home)).build();

    assertThatThrownBy(() -> set.commit(stored, twice, HEADER))
        .isInstanceOf(InvalidVolumeGroupException.class);
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void refusesDevicesThatAreOpenForReadingOnly() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    DeviceSet set = DeviceSet.of(disks.disk("disk0"), BlockDevices.readOnly(disks.disk("disk1")));
    StoredVolumeGroup stored = set.scan().volumeGroup(SmallGroup.NAME);
    assertThat(stored.refusals()).isEmpty();

    assertThatThrownBy(() -> set.commit(stored, tagged(stored, "new"), HEADER))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("disk1 is open for reading only");
    assertThat(disks.writeCount()).isZero();
  }

  @Test
  void refusesWhatAScanFoundReasonsAgainst() {
    DeviceSet set = DeviceSet.of(FixtureDisks.open("h2-exported").toArray(new BlockDevice[0]));
    StoredVolumeGroup stored = set.scan().volumeGroup("vgh");

    assertThatThrownBy(() -> set.commit(stored, tagged(stored, "new"), HEADER))
        .isInstanceOf(AccessRefusedException.class)
        .hasMessageContaining("exported");
  }

  @Test
  void saysThatTheOldVersionStaysInForceIfATextCannotBeWritten() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    StoredVolumeGroup before = scan(disks);
    disks.disk("disk1").failWrites(4096, SmallGroup.AREA_BYTES);

    CommitFailedException failure =
        catchThrowableOfType(
            CommitFailedException.class,
            () -> open(disks).commit(before, tagged(before, "new"), HEADER));

    assertThat(failure.oldVersionInForce()).isTrue();
    assertThat(failure)
        .hasMessageContaining("version 1 stays in force")
        .hasMessageContaining("disk1");
    assertThat(scan(disks.crashImage(Unflushed.KEPT)).volumeGroup())
        .isEqualTo(before.volumeGroup());
  }

  @Test
  void saysThatEitherVersionMayBeInForceIfTheLastStepFails() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    SimulatedBlockDevice second = disks.disk("disk1");
    DeviceSet set = DeviceSet.of(disks.disk("disk0"), failingAfterFlushes(3, second));
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);

    CommitFailedException failure =
        catchThrowableOfType(
            CommitFailedException.class, () -> set.commit(before, tagged(before, "new"), HEADER));

    assertThat(failure.oldVersionInForce()).isFalse();
    assertThat(scan(disks.crashImage(Unflushed.KEPT)).volumeGroup().seqno()).isEqualTo(2);
  }

  @Test
  void saysThatEitherVersionMayBeInForceIfWhatItFoundCannotBeMadeDurable() throws Exception {
    SimulatedDisks disks = disks(1, 1);
    StoredVolumeGroup before = scan(disks);
    disks.disk("disk1").failFlushes(1);

    CommitFailedException failure =
        catchThrowableOfType(
            CommitFailedException.class,
            () -> open(disks).commit(before, tagged(before, "new"), HEADER));

    // The version that was found may have been in a cache only, which is lost now.
    assertThat(failure.oldVersionInForce()).isFalse();
    assertThat(disks.writeCount()).isZero();
  }

  private static BlockDevice failingAfterFlushes(int good, SimulatedBlockDevice disk) {
    return new ForwardingDevice(disk) {
      private int flushes;

      @Override
      public void flush() throws IOException {
        if (flushes == good) {
          disk.failFlushes(1);
        }
        flushes++;
        super.flush();
      }
    };
  }

  @Test
  void givesADeviceUpWhoseFlushFailed() throws Exception {
    SimulatedDisks disks = disks(1);
    DeviceSet set = open(disks);
    StoredVolumeGroup before = set.scan().volumeGroup(SmallGroup.NAME);
    disks.disk("disk0").failFlushes(1);

    assertThatThrownBy(() -> set.commit(before, tagged(before, "new"), HEADER))
        .isInstanceOf(CommitFailedException.class);
    assertThatThrownBy(() -> set.commit(before, tagged(before, "new"), HEADER))
        .isInstanceOf(CommitFailedException.class)
        .hasMessageContaining("given up");
  }
}
