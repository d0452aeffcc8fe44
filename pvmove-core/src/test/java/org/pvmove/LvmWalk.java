// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pvmove.MoveLab.assertCompleted;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.pvmove.device.DeviceScan;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.ScannedDevice;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;

/**
 * A random walk of LVM2 commands: it makes a volume group on disks of its own and changes it in
 * every way that LVM2 knows how to without device-mapper in the kernel. Some steps split and join
 * groups, so there may be two; some begin a move, which ends when this library carries it on or
 * gives it up.
 *
 * <p>The walk takes the same decisions for the same seed, as long as LVM2 does: its uuids are
 * random, and so is which areas it leaves out when asked for a number of metadata copies.
 */
final class LvmWalk implements AutoCloseable {
  private static final long MIB = 1 << 20;

  private static final String PROFILE = "walk";

  /** More volumes would not show more, and make texts too long for small metadata areas. */
  private static final int MANY_VOLUMES = 16;

  private static final ImmutableList<Step> STEPS =
      ImmutableList.<Step>builder()
          .add(new Step("lvcreate linear", 14, LvmWalk::createLinear))
          .add(new Step("lvcreate striped", 8, LvmWalk::createStriped))
          .add(new Step("lvcreate raid0", 4, walk -> walk.createStriped("raid0")))
          .add(new Step("lvcreate zero, error", 3, LvmWalk::createVirtual))
          .add(new Step("lvcreate cache-pool", 1, LvmWalk::createCachePool))
          .add(new Step("lvextend", 12, LvmWalk::extend))
          .add(new Step("lvreduce", 6, LvmWalk::reduce))
          .add(new Step("lvresize", 2, LvmWalk::resize))
          .add(new Step("lvrename", 4, LvmWalk::renameVolume))
          .add(new Step("lvremove", 5, LvmWalk::removeVolume))
          .add(new Step("lvchange --addtag", 5, LvmWalk::tagVolume))
          .add(new Step("lvchange --deltag", 2, LvmWalk::untagVolume))
          .add(new Step("lvchange --permission", 3, LvmWalk::changePermission))
          .add(new Step("lvchange --contiguous, --alloc", 3, LvmWalk::changeAllocation))
          .add(new Step("lvchange --readahead", 3, LvmWalk::changeReadAhead))
          .add(new Step("lvchange -k, --setautoactivation", 3, LvmWalk::changeActivation))
          .add(new Step("lvchange --persistent", 2, LvmWalk::changeMinor))
          .add(new Step("lvchange --metadataprofile", 1, LvmWalk::changeProfile))
          .add(new Step("lvchange of raids, pools, caches", 6, LvmWalk::changeSpecial))
          .add(new Step("lvconvert --type mirror", 8, LvmWalk::mirror))
          .add(new Step("lvconvert --mirrors, --mirrorlog", 8, LvmWalk::changeMirror))
          .add(new Step("lvconvert --snapshot", 3, LvmWalk::snapshot))
          .add(new Step("lvconvert --splitsnapshot", 1, LvmWalk::splitSnapshot))
          .add(new Step("lvconvert --splitcache", 2, LvmWalk::splitCache))
          .add(new Step("lvconvert --raidintegrity", 1, LvmWalk::removeIntegrity))
          .add(new Step("pvmove", 6, LvmWalk::move))
          .add(new Step("pvmove, ended by this library", 6, LvmWalk::endMove))
          .add(new Step("pvchange --allocatable", 3, LvmWalk::changeAllocatable))
          .add(new Step("pvchange --addtag, --deltag", 3, LvmWalk::tagPhysicalVolume))
          .add(new Step("pvchange --uuid", 2, walk -> list("pvchange", "-u", walk.pv())))
          .add(new Step("pvchange --metadataignore", 2, LvmWalk::ignoreAreas))
          .add(new Step("pvresize", 3, LvmWalk::resizePhysicalVolume))
          .add(new Step("pvcreate", 2, LvmWalk::createPhysicalVolume))
          .add(new Step("pvremove", 1, LvmWalk::removePhysicalVolume))
          .add(new Step("vgchange --addtag", 3, LvmWalk::tagGroup))
          .add(new Step("vgchange --deltag", 1, LvmWalk::untagGroup))
          .add(new Step("vgchange --logicalvolume", 1, LvmWalk::limitVolumes))
          .add(new Step("vgchange --maxphysicalvolumes", 1, LvmWalk::limitPhysicalVolumes))
          .add(new Step("vgchange --physicalextentsize", 2, LvmWalk::changeExtentSize))
          .add(new Step("vgchange --uuid", 1, walk -> walk.changeGroup("--uuid")))
          .add(new Step("vgchange --vgmetadatacopies", 2, LvmWalk::changeCopies))
          .add(new Step("vgchange --alloc", 1, LvmWalk::changeGroupAllocation))
          .add(new Step("vgchange --setautoactivation", 1, LvmWalk::changeGroupActivation))
          .add(new Step("vgchange --resizeable", 1, LvmWalk::changeResizeable))
          .add(new Step("vgchange --metadataprofile", 1, LvmWalk::changeGroupProfile))
          .add(new Step("vgextend", 4, LvmWalk::extendGroup))
          .add(new Step("vgreduce", 2, LvmWalk::reduceGroup))
          .add(new Step("vgrename", 2, LvmWalk::renameGroup))
          .add(new Step("vgsplit", 2, LvmWalk::splitGroup))
          .add(new Step("vgmerge", 3, LvmWalk::mergeGroups))
          .add(new Step("vgexport", 1, walk -> list("vgexport", walk.groupName())))
          .add(new Step("vgimport", 100, LvmWalk::importGroup))
          .build();

  /**
   * A kind of step.
   *
   * @param kind its name in the figures
   * @param weight how often it is chosen, in proportion to the others
   * @param command a command of that kind, or null if there is nothing now that it could be about
   */
  private record Step(String kind, int weight, Function<LvmWalk, List<String>> command) {}

  /** How many steps of a kind were taken, and how many of them LVM2 carried out. */
  record Figures(int tried, int succeeded) {
    Figures plus(Figures other) {
      return new Figures(tried + other.tried, succeeded + other.succeeded);
    }
  }

  private final LvmTools lvm;
  private final RandomGenerator random;
  private final String systemId;
  private final List<String> log = new ArrayList<>();
  private final Map<String, Figures> figures = new TreeMap<>();
  private int names;

  // What the step being taken is about.
  private DeviceScan scan;
  private StoredVolumeGroup stored;
  private VolumeGroup vg;
  private ExtentMap extents;
  private LvGraph graph;

  private LvmWalk(LvmTools lvm, RandomGenerator random, String systemId) {
    this.lvm = lvm;
    this.random = random;
    this.systemId = systemId;
  }

  /** Sets up disks in a directory, and a volume group on most of them. */
  static LvmWalk start(Path directory, RandomGenerator random) throws Exception {
    // Types that LVM2 creates only where a kernel knows them come from groups that have them.
    int kind = random.nextInt(10);
    if (kind < 2) {
      return startFrom(kind == 0 ? "d1-mirror-raid" : "d2-thin-cache-snap", directory, random);
    }
    long[] sizes = IntStream.range(0, 3 + random.nextInt(4)).mapToLong(i -> size(random)).toArray();
    LvmTools lvm = LvmTools.start(directory, sizes);
    LvmWalk walk = new LvmWalk(lvm, random, random.nextInt(6) == 0 ? "walker" : null);
    try {
      walk.configure(directory);
      walk.createGroup();
      return walk;
    } catch (Throwable e) {
      lvm.close();
      throw e;
    }
  }

  private static LvmWalk startFrom(String fixture, Path directory, RandomGenerator random)
      throws Exception {
    List<BlockDevice> disks = new ArrayList<>(FixtureDisks.open(fixture));
    for (int i = random.nextInt(1, 3); i > 0; i--) {
      disks.add(BlockDevices.inMemory("another " + i, size(random)));
    }
    LvmTools lvm = LvmTools.start(directory, disks);
    LvmWalk walk = new LvmWalk(lvm, random, null);
    try {
      walk.configure(directory);
      walk.log.add("start from " + fixture);
      return walk;
    } catch (Throwable e) {
      lvm.close();
      throw e;
    }
  }

  private static long size(RandomGenerator random) {
    // Not all of them whole MiB, but whole sectors.
    return random.nextLong(6, 65) * MIB - (random.nextBoolean() ? 0 : 512 * random.nextLong(2000));
  }

  private void configure(Path directory) throws IOException {
    if (systemId != null) {
      lvm.useSystemId(systemId);
    }
    Path profiles = Files.createDirectories(directory.resolve("lvm").resolve("profile"));
    Files.writeString(
        profiles.resolve(PROFILE + ".profile"), "allocation {\n\tthin_pool_zero = 0\n}\n");
  }

  private void createGroup() throws Exception {
    List<String> members = new ArrayList<>();
    for (Path disk : lvm.disks()) {
      if (members.isEmpty() || !chance(20)) {
        if (!chance(30)) {
          // Somewhere the metadata have to go.
          run(formatCommand(disk.toString(), members.isEmpty() ? "1" : pick("0", "1", "1", "2")));
        }
        members.add(disk.toString());
      }
    }
    List<String> command = list("vgcreate", "-y", newName("vg"));
    command.addAll(List.of("-s", pick("4k", "64k", "128k", "256k", "384k", "512k", "1m")));
    if (chance(30)) {
      command.addAll(List.of("--pvmetadatacopies", pick("1", "2")));
    }
    if (chance(20)) {
      command.addAll(List.of("--addtag", newTag()));
    }
    command.addAll(members);
    assertThat(run(command)).as(this::history).isZero();
  }

  /** Makes a disk a physical volume; areas are often so small that texts soon wrap around. */
  private List<String> formatCommand(String disk, String copies) {
    List<String> command = list("pvcreate", "-y", disk);
    command.addAll(List.of("--pvmetadatacopies", copies));
    if (chance(60)) {
      command.addAll(
          List.of("--metadatasize", pick("60k", "80k", "200k"), "--dataalignment", "64k"));
    }
    if (chance(15)) {
      command.addAll(List.of("--bootloaderareasize", pick("100k", "1m")));
    }
    if (chance(15)) {
      command.addAll(List.of("--dataalignmentoffset", "8k"));
    }
    if (chance(15)) {
      command.addAll(List.of("--labelsector", pick("0", "2", "3")));
    }
    return command;
  }

  LvmTools lvm() {
    return lvm;
  }

  /** The LVM2 system id of the host, or null if it has none. */
  String systemId() {
    return systemId;
  }

  /** Whether the last step made LVM2 write a label anew, with empty metadata areas. */
  boolean hasRewrittenLabels() {
    return !log.isEmpty() && log.get(log.size() - 1).contains(": pvresize ");
  }

  /** The commands so far, each with its exit status. */
  String history() {
    return String.join("\n", log);
  }

  ImmutableMap<String, Figures> figures() {
    return ImmutableMap.copyOf(figures);
  }

  /** Takes a step that there is something to do for. */
  void step(DeviceScan found) throws Exception {
    scan = found;
    look(pick(found.volumeGroups()));
    while (true) {
      Step step = choose();
      List<String> command = step.command().apply(this);
      if (command != null) {
        boolean succeeded = command.isEmpty() || run(withOptions(command)) == 0;
        figures.merge(step.kind(), new Figures(1, succeeded ? 1 : 0), Figures::plus);
        return;
      }
    }
  }

  private void look(StoredVolumeGroup group) {
    stored = group;
    vg = group.volumeGroup();
    extents = ExtentMap.of(vg);
    graph = LvGraph.of(vg);
  }

  private Step choose() {
    int total = STEPS.stream().mapToInt(Step::weight).sum();
    int at = random.nextInt(total);
    for (Step step : STEPS) {
      at -= step.weight();
      if (at < 0) {
        return step;
      }
    }
    throw new AssertionError();
  }

  /** Now and then options that matter only to the description, where they are quoted. */
  private List<String> withOptions(List<String> command) {
    if (chance(3)) {
      command.addAll(
          List.of("--config", pick("log/prefix=\"a \\\\ b\"", "log { prefix = \" # } \" }")));
    }
    return command;
  }

  /** Runs a command; LVM2 may refuse it, but not fail in another way. */
  private int run(List<String> command) throws Exception {
    LvmTools.Result result = lvm.run(command.toArray(new String[0]));
    log.add(result.status() + ": " + String.join(" ", command));
    assertThat(result.status()).as("%s%n%s", history(), result.errors()).isIn(0, 3, 5);
    return result.status();
  }

  // Steps on logical volumes.

  private List<String> createLinear() {
    List<String> command = create(free() / 4);
    if (command != null && chance(40)) {
      command.addAll(somePhysicalVolumes(1));
    }
    return command;
  }

  private List<String> createStriped() {
    return createStriped("striped");
  }

  private List<String> createStriped(String type) {
    int stripes = 2 + random.nextInt(3);
    List<String> command = create(free() / 4);
    if (command == null || stripes > roomyPhysicalVolumes().size()) {
      return null;
    }
    command.addAll(List.of("--type", type, "-i", "" + stripes, "-I", stripeSize()));
    if (chance(30)) {
      command.addAll(somePhysicalVolumes(stripes));
    }
    return command;
  }

  private List<String> createVirtual() {
    List<String> command = create(1000);
    if (command != null) {
      command.addAll(List.of("--type", pick("zero", "error")));
    }
    return command;
  }

  private List<String> create(long most) {
    if (most < 1 || visible().size() >= MANY_VOLUMES) {
      return null;
    }
    List<String> command = list("lvcreate", "-y", "-an", "-Wn", "-Zn", "-n", newName("lv"));
    command.addAll(List.of("-l", someExtents(most), vg.name()));
    if (chance(15)) {
      command.addAll(List.of("--addtag", newTag(), "--addtag", newTag()));
    }
    if (chance(10)) {
      command.addAll(List.of("-p", "r"));
    }
    if (chance(10)) {
      command.addAll(List.of("-k", "y"));
    }
    if (chance(10)) {
      command.addAll(List.of("--setautoactivation", "n"));
    }
    if (chance(10)) {
      command.addAll(List.of("--alloc", pick("contiguous", "cling", "normal", "anywhere")));
    }
    if (chance(10)) {
      command.addAll(List.of("-r", pick("auto", "none", "8", "1024")));
    }
    if (chance(8)) {
      command.addAll(List.of("-M", "y", "--minor", "" + random.nextInt(256)));
    }
    return command;
  }

  private List<String> createCachePool() {
    if (visible().size() >= MANY_VOLUMES) {
      return null;
    }
    List<String> command = list("lvcreate", "-y", "-an", "--type", "cache-pool");
    command.addAll(List.of("-n", newName("lv"), "-l", someExtents(free() / 4), vg.name()));
    if (chance(50)) {
      command.addAll(List.of("--cachemode", pick("writethrough", "writeback", "passthrough")));
    }
    if (chance(50)) {
      command.addAll(List.of("--cachepolicy", pick("smq", "mq", "cleaner")));
      command.addAll(List.of("--cachesettings", "migration_threshold=2048 random_threshold=3"));
    }
    if (chance(30)) {
      command.addAll(List.of("--poolmetadataspare", "n"));
    }
    return command;
  }

  private List<String> extend() {
    LogicalVolume lv = volume(any -> true);
    if (lv == null || free() < 4) {
      return null;
    }
    List<String> command = list("lvextend", "-l", "+" + someExtents(free() / 4), path(lv));
    boolean striped = lv.segments().get(0).type() instanceof SegmentType.Striped;
    if (striped && chance(25)) {
      int stripes = 1 + random.nextInt(2);
      command.addAll(List.of("-i", "" + stripes, "-I", stripeSize()));
    } else if (striped && chance(40)) {
      command.addAll(somePhysicalVolumes(1));
    } else if (chance(10)) {
      command.addAll(List.of("--alloc", pick("cling", "anywhere")));
    } else if (striped && chance(10)) {
      command.addAll(List.of("--type", pick("zero", "error", "linear")));
    }
    return command;
  }

  private List<String> reduce() {
    LogicalVolume lv = volume(this::isReducible);
    return lv == null
        ? null
        : list("lvreduce", "-y", "-l", "-" + someExtents(lv.extentCount() - 1), path(lv));
  }

  private List<String> resize() {
    LogicalVolume lv = volume(this::isReducible);
    return lv == null
        ? null
        : list("lvresize", "-y", "-l", someExtents(lv.extentCount() + free() / 8), path(lv));
  }

  private boolean isReducible(LogicalVolume lv) {
    SegmentType type = lv.segments().get(0).type();
    return lv.extentCount() > 2
        && !standsOnAMove(lv)
        && !(type instanceof SegmentType.Raid)
        && !(type instanceof SegmentType.ThinPool)
        && !(type instanceof SegmentType.CachePool)
        && graph.usersOf(lv.name()).isEmpty();
  }

  private List<String> renameVolume() {
    LogicalVolume lv = volume(any -> true);
    return lv == null ? null : list("lvrename", path(lv), newName("lv"));
  }

  private List<String> removeVolume() {
    // Of thin volumes LVM2 keeps a part if it cannot tell the pool; all the better, but rarely.
    LogicalVolume lv =
        volume(any -> !(any.segments().get(0).type() instanceof SegmentType.Thin) || chance(10));
    return lv == null || visible().size() < 3 ? null : list("lvremove", "-y", path(lv));
  }

  private List<String> tagVolume() {
    return changeVolume("--addtag", newTag());
  }

  private List<String> untagVolume() {
    LogicalVolume lv = volume(any -> !any.tags().isEmpty());
    return lv == null ? null : list("lvchange", "--deltag", pick(lv.tags()), path(lv));
  }

  private List<String> changeVolume(String option, String value) {
    LogicalVolume lv = volume(any -> true);
    return lv == null ? null : list("lvchange", "-y", option, value, path(lv));
  }

  private List<String> changePermission() {
    LogicalVolume lv =
        volume(
            any ->
                !(any.segments().get(0).type() instanceof SegmentType.ThinPool)
                    && !(any.segments().get(0).type() instanceof SegmentType.CachePool)
                    && !any.isLocked());
    return lv == null
        ? null
        : list("lvchange", "-p", lv.flags().has(StatusFlag.WRITE) ? "r" : "rw", path(lv));
  }

  private List<String> changeAllocation() {
    return chance(50)
        ? changeVolume("-C", pick("y", "n"))
        : changeVolume("--alloc", pick("contiguous", "cling", "normal", "anywhere", "inherit"));
  }

  private List<String> changeReadAhead() {
    return changeVolume("-r", pick("auto", "none", "8", "1024"));
  }

  private List<String> changeActivation() {
    return chance(50)
        ? changeVolume("-k", pick("y", "n"))
        : changeVolume("--setautoactivation", pick("y", "n"));
  }

  private List<String> changeMinor() {
    List<String> command = changeVolume("-M", pick("y", "n"));
    if (command != null && command.contains("y")) {
      command.addAll(List.of("--minor", "" + random.nextInt(256)));
    }
    return command;
  }

  private List<String> changeProfile() {
    LogicalVolume lv = volume(any -> true);
    if (lv == null) {
      return null;
    }
    return lv.profile() == null
        ? list("lvchange", "--metadataprofile", PROFILE, path(lv))
        : list("lvchange", "--detachprofile", path(lv));
  }

  /** What can be set only on volumes of certain types. */
  private List<String> changeSpecial() {
    LogicalVolume lv =
        volume(
            any -> {
              SegmentType type = any.segments().get(0).type();
              return (type instanceof SegmentType.Raid raid && raid.parityImages() > 0)
                  || type.name().equals("raid1")
                  || type instanceof SegmentType.ThinPool
                  || type instanceof SegmentType.Cache
                  || type instanceof SegmentType.Writecache;
            });
    if (lv == null) {
      return null;
    }
    List<String> command = list("lvchange", "-y", path(lv));
    SegmentType type = lv.segments().get(0).type();
    if (type instanceof SegmentType.Raid) {
      command.addAll(
          chance(50)
              ? List.of("--minrecoveryrate", "" + random.nextInt(100))
              : List.of("--maxrecoveryrate", "" + random.nextInt(100, 1000)));
    } else if (type instanceof SegmentType.ThinPool) {
      command.addAll(
          chance(50)
              ? List.of("--discards", pick("ignore", "nopassdown", "passdown"))
              : List.of("--errorwhenfull", pick("y", "n")));
    } else if (type instanceof SegmentType.Writecache) {
      command.addAll(List.of("--cachesettings", "high_watermark=" + random.nextInt(50, 100)));
    } else {
      command.addAll(
          chance(50)
              ? List.of("--cachepolicy", pick("smq", "mq"))
              : List.of("--cachesettings", "migration_threshold=" + random.nextInt(2048, 9999)));
    }
    return command;
  }

  private List<String> mirror() {
    LogicalVolume lv = volume(this::isPlain);
    int images = 1 + random.nextInt(2);
    if (lv == null || roomyPhysicalVolumes().size() < images + 1 || lv.extentCount() > free() / 2) {
      return null;
    }
    List<String> command = list("lvconvert", "-y", "--type", "mirror", "-m", "" + images);
    command.add(path(lv));
    if (chance(60)) {
      command.addAll(List.of("--mirrorlog", pick("core", "core", "disk", "mirrored")));
    } else if (chance(20)) {
      command.add("--corelog");
    }
    if (chance(20)) {
      command.addAll(List.of("-R", pick("4k", "64k", "1m")));
    }
    if (chance(40)) {
      command.addAll(List.of("--alloc", "anywhere"));
    }
    return command;
  }

  private List<String> changeMirror() {
    LogicalVolume lv =
        volume(
            any ->
                any.segments().get(0).type() instanceof SegmentType.Mirror mirror
                    && !mirror.isPvmove());
    if (lv == null) {
      return null;
    }
    List<String> command = list("lvconvert", "-y", path(lv));
    command.addAll(
        chance(40)
            ? List.of("--mirrorlog", pick("core", "disk"))
            : List.of("-m", pick("0", "+1", "-1")));
    if (chance(50)) {
      command.addAll(List.of("--alloc", "anywhere"));
    }
    return command;
  }

  private List<String> snapshot() {
    LogicalVolume origin = volume(this::isPlain);
    LogicalVolume store = volume(this::isPlain);
    return origin == null || origin.equals(store)
        ? null
        : list(
            "lvconvert",
            "-y",
            "-s",
            "-Zn",
            "-c",
            pick("4k", "32k", "64k"),
            path(origin),
            store.name());
  }

  private List<String> splitSnapshot() {
    LogicalVolume store = volume(any -> isUsedAs(any, Reference.Use.SNAPSHOT_COW));
    return store == null ? null : list("lvconvert", "-y", "--splitsnapshot", path(store));
  }

  private List<String> splitCache() {
    LogicalVolume lv =
        volume(any -> any.segments().get(0).type() instanceof SegmentType.Cache && chance(20));
    return lv == null ? null : list("lvconvert", "-y", "--splitcache", path(lv));
  }

  private List<String> removeIntegrity() {
    LogicalVolume lv = volume(any -> any.name().startsWith("r1int"));
    return lv == null ? null : list("lvconvert", "-y", "--raidintegrity", "n", path(lv));
  }

  /** Whether it is linear or striped, by itself, and not being moved. */
  /**
   * LVM2 shortens a cached volume whose origin is being moved, and the metadata that it writes then
   * cannot be finished by itself: an area is shorter than the piece of the move it stands on.
   */
  private boolean standsOnAMove(LogicalVolume lv) {
    return graph.below(lv.name()).stream()
        .anyMatch(below -> vg.logicalVolume(below).filter(LogicalVolume::isPvmove).isPresent());
  }

  private boolean isPlain(LogicalVolume lv) {
    return lv.segments().stream().allMatch(segment -> segment.type() instanceof SegmentType.Striped)
        && lv.flags().has(StatusFlag.WRITE)
        && !lv.isLocked()
        && graph.usersOf(lv.name()).isEmpty();
  }

  private boolean isUsedAs(LogicalVolume lv, Reference.Use use) {
    return graph.usersOf(lv.name()).stream().anyMatch(user -> user.use() == use);
  }

  // Moves.

  /** LVM2 moves the destination of an atomic move once more, and then can end neither move. */
  private boolean isOfAtomicMove(ExtentMap.Use use) {
    return graph.usersOf(use.lv().name()).stream().anyMatch(user -> user.lv().isPvmove());
  }

  private List<String> move() {
    PhysicalVolume source =
        pickOrNull(
            vg.physicalVolumes().stream()
                .filter(pv -> !extents.uses(pv.id()).isEmpty())
                .filter(pv -> extents.uses(pv.id()).stream().noneMatch(this::isOfAtomicMove))
                .toList());
    if (source == null || (!vg.pvmoveVolumes().isEmpty() && chance(70))) {
      return null;
    }
    List<String> command = list("pvmove", "-y");
    if (chance(30)) {
      command.add("--atomic");
    }
    LogicalVolume lv =
        volume(any -> extents.uses(source.id()).stream().anyMatch(use -> use.lv().equals(any)));
    if (chance(40) && lv != null) {
      command.addAll(List.of("-n", lv.name()));
    }
    if (chance(20)) {
      command.addAll(List.of("--alloc", "anywhere"));
    }
    command.add(chance(30) ? range(source) : stored.nameOf(source.id()));
    if (chance(50)) {
      command.addAll(
          somePhysicalVolumes(1).stream()
              .filter(pv -> !pv.startsWith(stored.nameOf(source.id())))
              .toList());
    }
    return command;
  }

  /** Ends a move itself, so there is no command to run. */
  private List<String> endMove() {
    if (vg.pvmoveVolumes().isEmpty() || isExported()) {
      return null;
    }
    boolean abort = chance(50);
    log.add("this library: pvmove " + (abort ? "--abort " : "") + vg.name());
    try (DeviceSet devices = lvm.open()) {
      PvMover.Builder builder = PvMover.builder(devices, vg.name());
      if (systemId != null) {
        builder.systemId(systemId);
      }
      assertCompleted(abort ? builder.build().abort() : builder.build().resume());
      return List.of();
    } catch (IOException e) {
      throw new AssertionError(history(), e);
    }
  }

  // Steps on physical volumes.

  private List<String> changeAllocatable() {
    PhysicalVolume pv = pick(vg.physicalVolumes());
    boolean allocatable = pv.flags().has(StatusFlag.ALLOCATABLE);
    return allocatable && chance(60)
        ? null
        : list("pvchange", "-x", allocatable ? "n" : "y", stored.nameOf(pv.id()));
  }

  private List<String> tagPhysicalVolume() {
    PhysicalVolume pv = pick(vg.physicalVolumes());
    return pv.tags().isEmpty() || chance(60)
        ? list("pvchange", "--addtag", newTag(), stored.nameOf(pv.id()))
        : list("pvchange", "--deltag", pick(pv.tags()), stored.nameOf(pv.id()));
  }

  private List<String> ignoreAreas() {
    List<ScannedDevice> devices =
        stored.devices().values().stream().filter(device -> !device.areas().isEmpty()).toList();
    ScannedDevice device = pick(devices);
    boolean used = device.areas().get(0).isWritten();
    return used && devices.size() == 1
        ? null
        : list("pvchange", "-y", "--metadataignore", used ? "y" : "n", device.name());
  }

  private List<String> resizePhysicalVolume() {
    PhysicalVolume pv = pick(vg.physicalVolumes());
    List<String> command = list("pvresize", "-y", stored.nameOf(pv.id()));
    if (chance(60)) {
      long used =
          extents.uses(pv.id()).stream().mapToLong(use -> use.range().end()).max().orElse(1);
      long kept = used + random.nextLong(pv.peCount() - used + 1);
      long sectors = pv.peStart().count() + kept * vg.extentSize().sectors();
      command.addAll(List.of("--setphysicalvolumesize", sectors + random.nextInt(8) + "s"));
    }
    return command;
  }

  private List<String> createPhysicalVolume() {
    List<String> empty =
        scan.devices().stream()
            .filter(device -> device.label() == null)
            .map(ScannedDevice::name)
            .toList();
    return empty.isEmpty() ? null : formatCommand(pick(empty), pick("0", "1", "1", "2"));
  }

  private List<String> removePhysicalVolume() {
    List<String> orphans = orphans();
    return orphans.isEmpty() ? null : list("pvremove", "-y", pick(orphans));
  }

  /** Physical volumes of no group. */
  private List<String> orphans() {
    return scan.devices().stream()
        .filter(device -> device.label() != null && !device.label().isUsed())
        .map(ScannedDevice::name)
        .toList();
  }

  // Steps on volume groups.

  private List<String> changeGroup(String... options) {
    List<String> command = list("vgchange", "-y");
    command.addAll(List.of(options));
    command.add(vg.name());
    return command;
  }

  private List<String> tagGroup() {
    return changeGroup("--addtag", newTag());
  }

  private List<String> untagGroup() {
    return vg.tags().isEmpty() ? null : changeGroup("--deltag", pick(vg.tags()));
  }

  private List<String> limitVolumes() {
    return changeGroup("-l", chance(30) ? "0" : "" + (visible().size() + random.nextInt(20)));
  }

  private List<String> limitPhysicalVolumes() {
    int now = vg.physicalVolumes().size();
    return changeGroup("-p", chance(30) ? "0" : "" + (now + random.nextInt(20)));
  }

  private List<String> changeExtentSize() {
    long sectors = vg.extentSize().sectors();
    if (sectors <= 8 || !isResizeable()) {
      return null;
    }
    return changeGroup("-s", (chance(70) ? sectors / 2 : sectors * 2) + "s");
  }

  private List<String> changeCopies() {
    return changeGroup("--vgmetadatacopies", pick("unmanaged", "all", "1", "2", "3"));
  }

  private List<String> changeGroupAllocation() {
    return changeGroup("--alloc", pick("contiguous", "cling", "normal", "normal", "anywhere"));
  }

  private List<String> changeGroupActivation() {
    boolean auto = !vg.flags().has(StatusFlag.NOAUTOACTIVATE);
    return changeGroup("--setautoactivation", auto ? "n" : "y");
  }

  private List<String> changeResizeable() {
    return changeGroup("-x", isResizeable() ? "n" : "y");
  }

  private List<String> changeGroupProfile() {
    return vg.profile() == null
        ? changeGroup("--metadataprofile", PROFILE)
        : changeGroup("--detachprofile");
  }

  private List<String> extendGroup() {
    List<String> free = new ArrayList<>(orphans());
    scan.devices().stream()
        .filter(device -> device.label() == null)
        .forEach(device -> free.add(device.name()));
    if (free.isEmpty() || !isResizeable()) {
      return null;
    }
    List<String> command = list("vgextend", "-y", vg.name(), pick(free));
    if (chance(40)) {
      command.addAll(List.of("--pvmetadatacopies", pick("0", "1", "2")));
      command.addAll(List.of("--metadatasize", pick("100k", "500k")));
    }
    return command;
  }

  private List<String> reduceGroup() {
    PhysicalVolume unused = unusedPhysicalVolume();
    return unused == null ? null : list("vgreduce", "-y", vg.name(), stored.nameOf(unused.id()));
  }

  private PhysicalVolume unusedPhysicalVolume() {
    return vg.physicalVolumes().size() < 3 || !isResizeable()
        ? null
        : pickOrNull(
            vg.physicalVolumes().stream().filter(pv -> extents.uses(pv.id()).isEmpty()).toList());
  }

  private List<String> renameGroup() {
    return list("vgrename", vg.name(), newName("vg"));
  }

  private List<String> splitGroup() {
    PhysicalVolume unused = unusedPhysicalVolume();
    if (scan.volumeGroups().size() > 1 || vg.physicalVolumes().size() < 3 || !isResizeable()) {
      return null;
    }
    LogicalVolume lv = volume(this::isPlain);
    if (unused == null || (lv != null && chance(30))) {
      return lv == null || chance(60)
          ? null
          : list("vgsplit", "-y", "-n", lv.name(), vg.name(), newName("vg"));
    }
    return list("vgsplit", "-y", vg.name(), newName("vg"), stored.nameOf(unused.id()));
  }

  private List<String> mergeGroups() {
    StoredVolumeGroup other =
        pickOrNull(
            scan.volumeGroups().stream()
                .filter(
                    group ->
                        !group.equals(stored)
                            && group.volumeGroup().extentSize().equals(vg.extentSize())
                            && !group.volumeGroup().flags().has(StatusFlag.EXPORTED))
                .toList());
    return other == null || !isResizeable()
        ? null
        : list("vgmerge", "-y", vg.name(), other.volumeGroup().name());
  }

  private List<String> importGroup() {
    return isExported() ? list("vgimport", vg.name()) : null;
  }

  private boolean isExported() {
    return vg.flags().has(StatusFlag.EXPORTED);
  }

  private boolean isResizeable() {
    return vg.flags().has(StatusFlag.RESIZEABLE);
  }

  // What there is to choose from.

  private String groupName() {
    return vg.name();
  }

  /** The logical volumes that users see, in the order of their names. */
  private List<LogicalVolume> visible() {
    return vg.logicalVolumes().stream()
        .filter(
            lv ->
                !lv.name().matches("snapshot\\d+")
                    && (lv.flags().has(StatusFlag.VISIBLE)
                        || isUsedAs(lv, Reference.Use.SNAPSHOT_COW)))
        .toList();
  }

  private LogicalVolume volume(Predicate<LogicalVolume> of) {
    return pickOrNull(visible().stream().filter(of).toList());
  }

  private String path(LogicalVolume lv) {
    return vg.name() + "/" + lv.name();
  }

  private String pv() {
    return stored.nameOf(pick(vg.physicalVolumes()).id());
  }

  private List<PhysicalVolume> roomyPhysicalVolumes() {
    return vg.physicalVolumes().stream()
        .filter(pv -> pv.isAllocatable() && extents.freeCount(pv.id()) > 2)
        .toList();
  }

  private long free() {
    return roomyPhysicalVolumes().stream().mapToLong(pv -> extents.freeCount(pv.id())).sum();
  }

  /** At least so many physical volumes with free extents, some of them with a range of extents. */
  private List<String> somePhysicalVolumes(int least) {
    List<PhysicalVolume> left = new ArrayList<>(roomyPhysicalVolumes());
    List<String> chosen = new ArrayList<>();
    while (!left.isEmpty() && (chosen.size() < least || chance(50))) {
      PhysicalVolume pv = left.remove(random.nextInt(left.size()));
      chosen.add(chance(30) ? range(pv) : stored.nameOf(pv.id()));
    }
    return chosen;
  }

  private String range(PhysicalVolume pv) {
    long first = random.nextLong(Math.max(1, pv.peCount() / 2));
    long last = random.nextLong(first, pv.peCount());
    return "%s:%d-%d".formatted(stored.nameOf(pv.id()), first, last);
  }

  /** A number of extents, mostly small, so that many volumes find room. */
  private String someExtents(long most) {
    return Long.toString(1 + random.nextLong(Math.max(1, Math.min(most, chance(80) ? 20 : 200))));
  }

  private String stripeSize() {
    return vg.extentSize().sectors() < 128 ? "4k" : pick("4k", "16k", "64k");
  }

  private String newName(String prefix) {
    names++;
    return prefix + names + pick("", "", "", ".b", "-c-", "_d", "+e");
  }

  private String newTag() {
    names++;
    return pick("t", "a/b=c:", "x&y#", "@z!+") + names;
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private <T> T pickOrNull(List<T> from) {
    return from.isEmpty() ? null : pick(from);
  }

  @SafeVarargs
  private <T> T pick(T... from) {
    return from[random.nextInt(from.length)];
  }

  /** A list to add to. */
  private static List<String> list(String... words) {
    return new ArrayList<>(List.of(words));
  }

  @Override
  public void close() throws IOException {
    lvm.close();
  }
}
