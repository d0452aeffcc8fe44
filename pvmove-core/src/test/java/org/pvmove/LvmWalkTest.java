// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.MetadataAreaState;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.Access;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.check.Severity;
import org.pvmove.lvm.check.VolumeGroupCheck;
import org.pvmove.lvm.disk.DiskArea;
import org.pvmove.lvm.disk.MetadataAreaHeader;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * Whatever LVM2 makes of a volume group in a random walk of its commands, this library reads it,
 * prints it with the same tokens, reports the same about it, and writes what LVM2 takes.
 *
 * <p>{@code -Dpvmove.walks=N} says how many walks, {@code -Dpvmove.walk.seed=N} with which seed the
 * first of them goes; those after it have the seeds that follow.
 */
@Tag("tools")
class LvmWalkTest {
  private static final int WALKS = Integer.getInteger("pvmove.walks", 30);
  private static final int STEPS_BETWEEN_REPORTS = 10;

  /** What changes with any rewrite. */
  private static final ImmutableSet<String> VERSION =
      ImmutableSet.of("vg_seqno", "vg_mda_free", "pv_mda_free");

  private static final ImmutableSet<String> VERSION_AND_TAGS =
      ImmutableSet.<String>builder().addAll(VERSION).add("vg_tags").build();

  private final Map<String, LvmWalk.Figures> figures = new TreeMap<>();
  private int groups;
  private int texts;
  private int wrapped;
  private int placements;
  private int rows;

  @Test
  void readsPrintsAndReportsWhateverLvmMakes(@TempDir Path directory) throws Exception {
    long seed = Long.getLong("pvmove.walk.seed", 1);
    System.out.printf("%d walks, the first with seed %d%n", WALKS, seed);
    for (int i = 0; i < WALKS; i++) {
      walk(Files.createDirectory(directory.resolve("walk" + i)), seed + i);
    }
    printFigures();
    LvmWalk.Figures all =
        figures.values().stream().reduce(new LvmWalk.Figures(0, 0), LvmWalk.Figures::plus);
    assertThat(all.succeeded()).as("steps that LVM2 took").isGreaterThan(all.tried() * 3 / 4);
    assertThat(groups).isGreaterThanOrEqualTo(WALKS);
  }

  private void printFigures() {
    figures.forEach(
        (kind, steps) ->
            System.out.printf("%5d of %5d  %s%n", steps.succeeded(), steps.tried(), kind));
    System.out.printf(
        "%d groups at the ends of %d walks; compared %d texts (%d in two pieces), %d places of"
            + " texts, %d rows of reports%n",
        groups, WALKS, texts, wrapped, placements, rows);
  }

  private void walk(Path directory, long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    try (LvmWalk walk = LvmWalk.start(directory, random)) {
      Observer observer = new Observer(walk);
      try {
        int steps = random.nextInt(20, 61);
        DeviceScan scan = observer.look();
        for (int step = 1; step <= steps; step++) {
          walk.step(scan);
          scan = observer.look();
          if (step % STEPS_BETWEEN_REPORTS == 0) {
            observer.compareReports(scan);
          }
        }
        observer.end(directory);
      } catch (Exception | AssertionError e) {
        throw new AssertionError(
            "walk with seed %d (repeat it with -Dpvmove.walks=1 -Dpvmove.walk.seed=%d)%n%s%n%s"
                .formatted(seed, seed, walk.history(), e.getMessage()),
            e);
      }
      walk.figures().forEach((kind, steps) -> figures.merge(kind, steps, LvmWalk.Figures::plus));
    }
  }

  /** Looks at the disks of one walk after each step. */
  private final class Observer {
    private final LvmWalk walk;
    private final LvmTools lvm;

    /** What the areas held at the last look. */
    private Map<String, MetadataAreaState> before = new HashMap<>();

    Observer(LvmWalk walk) {
      this.walk = walk;
      this.lvm = walk.lvm();
    }

    /** Scans the disks and checks everything about them that needs no program. */
    DeviceScan look() throws IOException {
      try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, lvm.disks())) {
        DeviceScan scan = devices.scan(walk.systemId());
        assertThat(scan.volumeGroups()).isNotEmpty();
        scan.volumeGroups().forEach(this::assertSound);
        Map<String, MetadataAreaState> now = new HashMap<>();
        for (ScannedDevice device : scan.devices()) {
          for (MetadataAreaState area : device.areas()) {
            assertThat(area.problem()).as(device.name()).isNull();
            compareText(device, area.header());
            // A physical volume gets empty areas with its new uuid.
            now.put(device.name() + " " + device.label().pvUuid() + " " + area.area(), area);
          }
        }
        for (Map.Entry<String, MetadataAreaState> area : now.entrySet()) {
          comparePlace(area.getKey(), before.get(area.getKey()), area.getValue());
        }
        before = now;
        return scan;
      }
    }

    private void assertSound(StoredVolumeGroup stored) {
      VolumeGroup vg = stored.volumeGroup();
      assertThat(stored.findings()).isEmpty();
      if (vg.flags().has(StatusFlag.EXPORTED)) {
        assertThat(stored.refusals()).containsExactly("it is exported (vgimport makes it usable)");
      } else {
        assertThat(stored.refusals()).isEmpty();
      }
      assertThat(VolumeGroupCheck.check(vg))
          .allMatch(violation -> violation.severity() == Severity.NOTICE);
    }

    /** Compares a text with what is printed of it, line by line. */
    private void compareText(ScannedDevice device, MetadataAreaHeader header) throws IOException {
      if (header.committed().isEmpty()) {
        return;
      }
      byte[] text = text(device, header);
      assertThat(lines(MetadataText.parseDisk(text).toDiskBytes()))
          .containsExactlyElementsOf(lines(text));
      texts++;
      wrapped += header.pieces(header.committed()).size() - 1;
    }

    /** Where the next version begins is where this library would have put it. */
    private void comparePlace(String where, MetadataAreaState old, MetadataAreaState now)
        throws IOException {
      if (old == null || old.text() == null || now.text() == null) {
        return;
      }
      VolumeGroup vg = now.text().volumeGroup();
      if (!vg.id().equals(old.text().volumeGroup().id())
          || vg.seqno() != old.text().volumeGroup().seqno() + 1
          || walk.hasRewrittenLabels()) {
        return;
      }
      ByteBuffer text = ByteBuffer.wrap(new byte[(int) now.header().committed().size()]);
      assertThat(now.header().committed().offset())
          .as("place of version %d in %s", vg.seqno(), where)
          .isEqualTo(old.header().place(text).location().offset());
      placements++;
    }

    LvmReports compareReports(DeviceScan scan) throws Exception {
      LvmReports ours = LvmReports.ofLibrary(scan);
      LvmReports theirs = LvmReports.ofLvm(lvm, ours);
      ours.assertSame(theirs, ImmutableSet.of());
      rows += ours.size();
      return theirs;
    }

    void end(Path directory) throws Exception {
      for (StoredVolumeGroup stored : look().volumeGroups()) {
        String name = stored.volumeGroup().name();
        if (stored.volumeGroup().flags().has(StatusFlag.EXPORTED)) {
          lvm.succeedSilently("vgimport", name);
        }
        LvmReports before = compareReports(look());
        restore(directory.resolve("backup.txt"), name);
        LvmReports restored = compareReports(look());
        restored.assertSame(before, VERSION);

        commit(name);
        LvmReports committed = compareReports(look());
        committed.assertSame(before, VERSION_AND_TAGS);
        lvm.succeedSilently("vgchange", "--addtag", "theirs", name);
        compareReports(look()).assertSame(before, VERSION_AND_TAGS);
        assertThat(look().volumeGroup(name).volumeGroup().tags()).contains("ours", "theirs");
        groups++;
      }
    }

    /** Lets LVM2 restore a file of ours, which is the same as its own of that version. */
    private void restore(Path file, String name) throws Exception {
      lvm.succeedSilently("vgcfgbackup", "-f", file.toString(), name);
      String theirs = Files.readString(file, StandardCharsets.ISO_8859_1);
      StoredVolumeGroup stored = look().volumeGroup(name);
      Files.write(file, new MetadataText(stored.volumeGroup(), stored.header()).toFileBytes());
      String ours = Files.readString(file, StandardCharsets.ISO_8859_1);
      String start = "\n" + name + " {\n";
      assertThat(ours.substring(ours.indexOf(start)).lines())
          .containsExactlyElementsOf(
              SETTING
                  .matcher(theirs.substring(theirs.indexOf(start)))
                  .replaceAll("$1$2 = ")
                  .lines()
                  .toList());

      lvm.succeed("vgcfgrestore", "-y", "--force", "-f", file.toString(), name);

      lvm.succeedSilently("vgck", name);
      VolumeGroup now = look().volumeGroup(name).volumeGroup();
      assertThat(now).isEqualTo(stored.volumeGroup().toBuilder().seqno(now.seqno()).build());
    }

    private void commit(String name) throws Exception {
      try (DeviceSet devices = lvm.open()) {
        StoredVolumeGroup stored = devices.scan(walk.systemId()).volumeGroup(name);
        List<String> tags = new ArrayList<>(stored.volumeGroup().tags());
        tags.add("ours");
        devices.commit(
            stored,
            stored.volumeGroup().toBuilder().tags(tags).build(),
            new MetadataHeader(
                "Write from a test.", "test", walk.systemId(), 1_800_000_000L, Extras.NONE));
      }
      assertThat(lvm.succeedSilently("vgck", name)).isEmpty();
      for (Path disk : lvm.disks()) {
        lvm.succeedSilently("pvck", "--dump", "headers", disk.toString());
      }
    }
  }

  private static byte[] text(ScannedDevice device, MetadataAreaHeader header) throws IOException {
    ByteBuffer text = ByteBuffer.allocate((int) header.committed().size());
    for (DiskArea piece : header.pieces(header.committed())) {
      device.device().read(piece.offset(), text.limit(text.position() + (int) piece.size()));
    }
    return text.array();
  }

  private static final Pattern COMMENT = Pattern.compile("(?m)^# Generated by .*|\t# .*");

  /** Settings of caches, which LVM2 prints in a style of their own. */
  private static final Pattern SETTING = Pattern.compile("(?m)^(\t+)(\\w+)=");

  /** The lines without what only people read. */
  private static List<String> lines(byte[] text) {
    String decoded = new String(text, StandardCharsets.ISO_8859_1);
    String plain = COMMENT.matcher(decoded).replaceAll("");
    return SETTING.matcher(plain).replaceAll("$2 = ").lines().toList();
  }
}
