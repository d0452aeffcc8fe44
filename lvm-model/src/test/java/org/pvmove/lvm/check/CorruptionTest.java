// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.Fixtures;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.VolumeGroups;
import org.pvmove.lvm.text.MetadataFormatException;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/** One wrong field is enough to be noticed, if anything in the text can tell that it is wrong. */
class CorruptionTest {
  @Provide
  Arbitrary<VolumeGroup> volumeGroups() {
    return VolumeGroups.volumeGroups();
  }

  @Property(tries = 300)
  void noticesOneWrongField(
      @ForAll("volumeGroups") VolumeGroup vg, @ForAll @IntRange(max = 1_000_000) int which) {
    String text =
        new MetadataText(vg, MetadataHeader.of("Write from test.", "host", 1_700_000_000))
            .toString();
    ImmutableList<Corruptions.Corruption> corruptions = Corruptions.of(text);
    assertThat(corruptions).hasSizeGreaterThan(40);
    for (int i = 0; i < 20; i++) {
      // Neighbours in the list spoil the same line; a prime step visits others.
      judge(vg, corruptions.get((int) ((which + 7919L * i) % corruptions.size())));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a-linear", "b-striped-2mda", "d1-mirror-raid", "d3-pvmove", "g-base"})
  void noticesWrongFieldsOfRealGroups(String fixture) {
    MetadataText text = MetadataText.parse(Fixtures.metadataText(fixture));
    SoftAssertions softly = new SoftAssertions();
    for (Corruptions.Corruption corruption : Corruptions.of(text.toString())) {
      softly.assertThatCode(() -> judge(text.volumeGroup(), corruption)).doesNotThrowAnyException();
    }
    softly.assertAll();
  }

  private static void judge(VolumeGroup vg, Corruptions.Corruption corruption) {
    VolumeGroup spoilt;
    try {
      spoilt =
          MetadataText.parse(corruption.text().getBytes(StandardCharsets.ISO_8859_1)).volumeGroup();
    } catch (MetadataFormatException noticed) {
      return;
    }
    if (VolumeGroupCheck.check(spoilt).isEmpty()) {
      assertThat(withoutFreeFields(spoilt))
          .as("unnoticed: %s", corruption)
          .isEqualTo(withoutFreeFields(vg));
    }
  }

  /**
   * The group with everything set alike of which nothing else in the text says what it must be:
   *
   * <ul>
   *   <li>of the group: {@code seqno}, {@code max_lv}, {@code max_pv}, {@code metadata_copies};
   *   <li>of a physical volume: {@code dev_size} (larger), {@code pe_start} and {@code pe_count}
   *       (smaller), all as long as the extents in use fit;
   *   <li>of a logical volume: {@code creation_time}, {@code read_ahead}, {@code major}, {@code
   *       minor};
   *   <li>of a segment: the length of the last one and where its areas begin, as long as they lie
   *       in free extents; transaction and device ids of thin volumes; where things lie in a cache
   *       volume and its format; the policy settings and chunk size of a cache pool; the copies
   *       that a raid10 keeps, if with another number of them its images were as long; all numbers
   *       of integrity but {@code data_sectors}, of a writecache and of a vdo pool; where a vdo
   *       volume begins in its pool; whether a piece of one extent has been moved.
   * </ul>
   */
  private static VolumeGroup withoutFreeFields(VolumeGroup vg) {
    return vg.toBuilder()
        .seqno(0)
        .maxLv(0)
        .maxPv(0)
        .metadataCopies(0L)
        .physicalVolumes(
            Lists.transform(
                vg.physicalVolumes(),
                pv -> pv.toBuilder().deviceSize(null).peStart(Sectors.ZERO).peCount(0).build()))
        .logicalVolumes(Lists.transform(vg.logicalVolumes(), CorruptionTest::withoutFreeFields))
        .historicalLogicalVolumes(
            Lists.transform(
                vg.historicalLogicalVolumes(), lv -> lv.toBuilder().removalTime(null).build()))
        .build();
  }

  private static LogicalVolume withoutFreeFields(LogicalVolume lv) {
    List<Segment> segments = new ArrayList<>();
    for (Segment segment : lv.segments()) {
      boolean last = segment.end() == lv.extentCount();
      segments.add(
          segment.with(
              segment.firstExtent(),
              last ? 1 : segment.extentCount(),
              withoutFreeFields(segment, segment.type())));
    }
    return lv.toBuilder()
        .creationTime(null)
        .readAhead(null)
        .major(null)
        .minor(null)
        .segments(segments)
        .build();
  }

  private static SegmentType withoutFreeFields(Segment segment, SegmentType type) {
    if (type instanceof SegmentType.Striped striped) {
      return striped.withAreas(atZero(striped.areas()));
    }
    if (type instanceof SegmentType.Mirror mirror) {
      boolean single = mirror.isPvmove() && segment.extentCount() == 1;
      SegmentType.Mirror atZero = mirror.withAreas(atZero(mirror.areas()));
      return single ? atZero.withExtentsMoved(0) : atZero;
    }
    if (type instanceof SegmentType.Raid raid) {
      return withCopies(raid, fewestCopies(raid, segment.extentCount()));
    }
    if (type instanceof SegmentType.Integrity integrity) {
      return new SegmentType.Integrity(
          integrity.origin(),
          integrity.dataSectors(),
          integrity.mode(),
          0,
          0,
          integrity.internalHash(),
          integrity.metadataDevice(),
          ImmutableList.of());
    }
    if (type instanceof SegmentType.ThinPool pool) {
      return new SegmentType.ThinPool(
          pool.metadata(),
          pool.data(),
          0,
          pool.chunkSize(),
          pool.discards(),
          null,
          pool.cropMetadata(),
          pool.messages());
    }
    if (type instanceof SegmentType.Thin thin) {
      return new SegmentType.Thin(
          thin.pool(), 0, 0, thin.externalOrigin(), thin.origin(), thin.merge());
    }
    if (type instanceof SegmentType.CachePool pool) {
      return new SegmentType.CachePool(
          pool.data(),
          pool.metadata(),
          new SegmentType.CacheSettings(
              pool.settings().metadataFormat(),
              null,
              pool.settings().mode(),
              pool.settings().policy(),
              null));
    }
    if (type instanceof SegmentType.Writecache cache) {
      return new SegmentType.Writecache(cache.cache(), cache.origin(), 0, ImmutableList.of());
    }
    if (type instanceof SegmentType.VdoPool pool) {
      return new SegmentType.VdoPool(pool.data(), Sectors.ZERO, 0, ImmutableList.of());
    }
    if (type instanceof SegmentType.Vdo vdo) {
      return new SegmentType.Vdo(vdo.pool(), 0);
    }
    if (type instanceof SegmentType.Cache cache && cache.settings() != null) {
      return new SegmentType.Cache(
          cache.cache(),
          cache.origin(),
          cache.cleaner(),
          new SegmentType.CacheSettings(
              null,
              cache.settings().chunkSize(),
              cache.settings().mode(),
              cache.settings().policy(),
              cache.settings().policySettings()),
          null);
    }
    return type;
  }

  /** The least number of copies of a raid10 with which its images are as long as they are. */
  private static @Nullable Long fewestCopies(SegmentType.Raid raid, long extentCount) {
    if (!raid.name().startsWith("raid10")) {
      return raid.dataCopies();
    }
    long length = raid.areaLength(extentCount);
    return LongStream.rangeClosed(1, raid.images().size())
        .filter(copies -> withCopies(raid, copies).areaLength(extentCount) == length)
        .boxed()
        .findFirst()
        .orElse(raid.dataCopies());
  }

  private static SegmentType.Raid withCopies(SegmentType.Raid raid, @Nullable Long copies) {
    return new SegmentType.Raid(
        raid.name(),
        raid.images(),
        copies,
        raid.regionSize(),
        raid.stripeSize(),
        null,
        null,
        null,
        raid.dataOffset());
  }

  private static ImmutableList<Area> atZero(ImmutableList<Area> areas) {
    return areas.stream()
        .map(
            area ->
                area instanceof Area.Physical physical ? new Area.Physical(physical.pv(), 0) : area)
        .collect(ImmutableList.toImmutableList());
  }

  /** Bytes exchanged, lost and repeated at random in texts of every kind. */
  @Property(tries = 2000)
  void failsInNoOtherWay(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> fixtures =
        List.of("d1-mirror-raid", "d2-thin-cache-snap", "d3-pvmove", "d4-handwritten");
    byte[] text = Fixtures.metadataText(fixtures.get(random.nextInt(fixtures.size()))).clone();
    for (int i = random.nextInt(8); i >= 0; i--) {
      int at = random.nextInt(text.length);
      int from = random.nextInt(text.length);
      int length = Math.min(1 + random.nextInt(20), text.length - Math.max(at, from));
      System.arraycopy(text, from, text, at, length);
    }
    VolumeGroup vg;
    try {
      vg = MetadataText.parse(text).volumeGroup();
    } catch (MetadataFormatException expected) {
      return;
    }
    assertThatCode(() -> VolumeGroupCheck.check(vg)).doesNotThrowAnyException();
  }
}
