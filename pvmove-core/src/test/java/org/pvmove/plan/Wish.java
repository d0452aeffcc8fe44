// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.AllocationPolicy;
import org.pvmove.lvm.ExtentMap;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.PhysicalVolume;
import org.pvmove.lvm.Sectors;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.testing.Tank;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * A request at random, together with what it means: the meaning is chosen first and then put into
 * words, so that nobody has to read the words to know it.
 *
 * @param vg the volume group
 * @param request the words
 * @param surroundings names and block sizes
 * @param meaning what the words mean
 */
record Wish(VolumeGroup vg, MoveRequest request, Surroundings surroundings, Meaning meaning) {

  /**
   * What a request means.
   *
   * @param sources extents to move, by physical volume
   * @param destinations extents that may be used, by physical volume; absent if none was named
   * @param only volumes to move, with what is below them; absent for all
   * @param excluded volumes that stay, with what is below them
   */
  record Meaning(
      ImmutableMap<LvmUuid, BitSet> sources,
      @Nullable ImmutableMap<LvmUuid, BitSet> destinations,
      @Nullable ImmutableSet<String> only,
      ImmutableSet<String> excluded) {
    Meaning from(ImmutableMap<LvmUuid, BitSet> newSources) {
      return new Meaning(newSources, destinations, only, excluded);
    }

    Meaning to(@Nullable ImmutableMap<LvmUuid, BitSet> newDestinations) {
      return new Meaning(sources, newDestinations, only, excluded);
    }

    Meaning only(@Nullable ImmutableSet<String> newOnly) {
      return new Meaning(sources, destinations, newOnly, excluded);
    }

    Meaning without(ImmutableSet<String> newExcluded) {
      return new Meaning(sources, destinations, only, newExcluded);
    }
  }

  ImmutableMap<LvmUuid, BitSet> sources() {
    return meaning.sources();
  }

  @Nullable ImmutableMap<LvmUuid, BitSet> destinations() {
    return meaning.destinations();
  }

  @Nullable ImmutableSet<String> only() {
    return meaning.only();
  }

  ImmutableSet<String> excluded() {
    return meaning.excluded();
  }

  /**
   * Any request that names nothing unknown, for the volume group or the same with more room or
   * other names.
   */
  static Wish of(VolumeGroup vg, long seed) {
    return new Maker(vg, null, new Random(seed), true).make();
  }

  /** Any request for the volume group as it is that names nothing unknown. */
  static Wish exactlyOf(VolumeGroup vg, long seed) {
    return new Maker(vg, null, new Random(seed), false).make();
  }

  /** Any other request for the same volume group in the same surroundings. */
  Wish another(long seed) {
    return new Maker(vg, surroundings, new Random(seed), false).make();
  }

  /** The plan for it. */
  PlanResult plan() {
    return Planner.plan(vg, request, surroundings);
  }

  /** The policy that applies. */
  AllocationPolicy policy() {
    AllocationPolicy asked = request.policy();
    AllocationPolicy own = vg.allocationPolicy();
    if (asked != AllocationPolicy.INHERIT) {
      return asked;
    }
    // LVM2 knows no cling_by_tags in a volume group.
    return own == null || own == AllocationPolicy.INHERIT
        ? AllocationPolicy.NORMAL
        : own == AllocationPolicy.CLING_BY_TAGS ? AllocationPolicy.CLING : own;
  }

  /** The same for another volume group or another request of the same meaning. */
  Wish with(VolumeGroup newVg, MoveRequest newRequest) {
    return new Wish(newVg, newRequest, surroundings, meaning);
  }

  /** The same by another policy. */
  Wish withPolicy(AllocationPolicy policy) {
    return with(vg, request.toBuilder().policy(policy).build());
  }

  /** The same with a remedy applied, in the words and in their meaning. */
  Wish with(Remedy remedy) {
    Remedy.Applied applied = remedy.apply(vg, request);
    Meaning better = meaning;
    if (remedy instanceof Remedy.AnyDestination) {
      better = meaning.to(null);
    } else if (remedy instanceof Remedy.LeaveOut out) {
      better =
          meaning.without(
              ImmutableSet.<String>builder().addAll(excluded()).add(out.logicalVolume()).build());
    } else if (remedy instanceof Remedy.AddSpace space && destinations() != null) {
      List<PhysicalVolume> pvs = applied.volumeGroup().physicalVolumes();
      BitSet all = new BitSet();
      all.set(0, Math.toIntExact(space.extents()));
      better =
          meaning.to(
              ImmutableMap.<LvmUuid, BitSet>builder()
                  .putAll(destinations())
                  .put(pvs.get(pvs.size() - 1).id(), all)
                  .buildOrThrow());
    }
    return new Wish(applied.volumeGroup(), applied.request(), surroundings, better);
  }

  @Override
  public String toString() {
    return "%s, segments of %d bytes, blocks %s, in%n%s"
        .formatted(
            request,
            request.maxSegmentBytes(),
            surroundings.logicalBlockSizes(),
            new MetadataText(vg, MetadataHeader.of("test", "host", 0)));
  }

  private static final class Maker {
    private static final List<AllocationPolicy> POLICIES =
        List.of(
            AllocationPolicy.INHERIT,
            AllocationPolicy.NORMAL,
            AllocationPolicy.CONTIGUOUS,
            AllocationPolicy.CLING,
            AllocationPolicy.CLING_BY_TAGS,
            AllocationPolicy.ANYWHERE);

    private final Random random;
    private final VolumeGroup vg;
    private final Surroundings surroundings;
    private final List<PhysicalVolume> shuffled;

    Maker(
        VolumeGroup given, @Nullable Surroundings surroundings, Random random, boolean mayChange) {
      this.random = random;
      VolumeGroup roomy = !mayChange || odds(4) ? given : grown(given);
      VolumeGroup named = mayChange && odds(4) ? withColons(roomy) : roomy;
      this.vg = mayChange && odds(8) ? withLeftOver(named) : named;
      this.shuffled = new ArrayList<>(vg.physicalVolumes());
      Collections.shuffle(shuffled, random);
      if (!odds(4)) {
        // Something to move more often than not.
        ExtentMap extents = ExtentMap.of(vg);
        shuffled.sort(Comparator.comparing(pv -> extents.uses(pv.id()).isEmpty()));
      }
      this.surroundings = surroundings == null ? surroundings() : surroundings;
    }

    private boolean odds(int oneIn) {
      return random.nextInt(oneIn) == 0;
    }

    private <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    private VolumeGroup grown(VolumeGroup given) {
      List<PhysicalVolume> pvs = new ArrayList<>();
      for (PhysicalVolume pv : given.physicalVolumes()) {
        long more = random.nextInt(60);
        Sectors size = pv.deviceSize();
        pvs.add(
            pv.toBuilder()
                .peCount(pv.peCount() + more)
                .deviceSize(
                    size == null
                        ? null
                        : Sectors.of(size.count() + more * given.extentSize().sectors()))
                .build());
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        pvs.add(
            PhysicalVolume.builder(
                    "new" + i, LvmUuid.random(random), Sectors.of(2048), 1 + random.nextInt(30))
                .device("/dev/new" + i)
                .tags(odds(2) ? tags() : Set.of())
                .build());
      }
      return given.toBuilder().physicalVolumes(pvs).build();
    }

    private static VolumeGroup withColons(VolumeGroup vg) {
      List<PhysicalVolume> pvs = new ArrayList<>();
      for (PhysicalVolume pv : vg.physicalVolumes()) {
        pvs.add(pv.toBuilder().device("/dev/by-path/pci:0-" + pvs.size()).build());
      }
      return vg.toBuilder().physicalVolumes(pvs).build();
    }

    /** The same with what an atomic move left that was interrupted when it ended. */
    private VolumeGroup withLeftOver(VolumeGroup vg) {
      List<PeRange> free = new ArrayList<>();
      vg.physicalVolumes().forEach(pv -> free.addAll(ExtentMap.of(vg).free(pv.id())));
      if (free.isEmpty()) {
        return vg;
      }
      PeRange area = any(free);
      String name = "pvmove%d_mimage_%d".formatted(20 + random.nextInt(3), random.nextInt(2));
      List<LogicalVolume> lvs = new ArrayList<>();
      lvs.add(
          LogicalVolume.builder(name, LvmUuid.random(random))
              .segments(
                  List.of(Tank.striped(area.slice(0, 1 + random.nextInt((int) area.count())))))
              .build());
      lvs.addAll(vg.logicalVolumes());
      return vg.toBuilder().logicalVolumes(lvs).build();
    }

    private Surroundings surroundings() {
      Map<LvmUuid, String> devices = new HashMap<>();
      Map<LvmUuid, Integer> blockSizes = new HashMap<>();
      for (PhysicalVolume pv : vg.physicalVolumes()) {
        if (odds(3)) {
          devices.put(pv.id(), "disk" + devices.size());
        }
        if (odds(4)) {
          blockSizes.put(pv.id(), odds(2) ? 512 : 4096);
        }
      }
      return Surroundings.of(PvNames.of(vg, devices))
          .withLogicalBlockSizes(blockSizes)
          .withWriter(
              new MetadataWriter("a \"test\"", "host", odds(2) ? null : "system"), 1_799_999_999L);
    }

    Wish make() {
      Map<LvmUuid, BitSet> sources = new LinkedHashMap<>();
      List<String> from = new ArrayList<>();
      for (PhysicalVolume pv : shuffled.subList(0, few(shuffled.size()))) {
        name(pv, sources, from);
      }
      MoveRequest.Builder request =
          MoveRequest.from(from.get(0), from.subList(1, from.size()).toArray(new String[0]));
      Map<LvmUuid, BitSet> destinations = new LinkedHashMap<>();
      boolean named = odds(2);
      if (named) {
        request.to(destinations(destinations));
      }
      Set<String> only = odds(4) ? volumes() : Set.of();
      request.logicalVolumes(only.stream().map(this::word).toList());
      Set<String> excluded = odds(6) ? volumes() : Set.of();
      request.without(excluded.stream().map(this::word).toList());
      request.policy(any(POLICIES));
      if (odds(3)) {
        request.clingTags(tags());
      }
      request.atomic(odds(3)).strict(odds(8)).largerBlocks(odds(4));
      if (odds(2)) {
        long extents = 1L + random.nextInt(5);
        request.maxSegmentBytes(vg.extentSize().toBytes(extents) + random.nextInt(512));
      }
      return new Wish(
          vg,
          request.build(),
          surroundings,
          new Meaning(
              ImmutableMap.copyOf(sources),
              named ? ImmutableMap.copyOf(destinations) : null,
              only.isEmpty() ? null : ImmutableSet.copyOf(only),
              ImmutableSet.copyOf(excluded)));
    }

    /** One more often than not. */
    private int few(int most) {
      return Math.min(most, odds(2) ? 1 : 1 + random.nextInt(3));
    }

    private List<String> destinations(Map<LvmUuid, BitSet> extents) {
      List<String> to = new ArrayList<>();
      for (int i = 1 + random.nextInt(shuffled.size()); i > 0; i--) {
        if (odds(5)) {
          String tag = any(List.of("t", "a=b", "x/y:z", "#1", "nobody"));
          to.add("@" + tag);
          for (PhysicalVolume pv : vg.physicalVolumes()) {
            if (pv.tags().contains(tag)) {
              add(extents, pv, 0, pv.peCount() - 1);
            }
          }
        } else {
          // The same one twice now and then, and sources as well.
          name(any(shuffled), extents, to);
        }
      }
      return to;
    }

    private static void add(
        Map<LvmUuid, BitSet> extents, PhysicalVolume pv, long first, long last) {
      extents
          .computeIfAbsent(pv.id(), id -> new BitSet())
          .set(Math.toIntExact(first), Math.toIntExact(last) + 1);
    }

    /** Names a physical volume, as a whole or some ranges of it, in one or two words. */
    private void name(PhysicalVolume pv, Map<LvmUuid, BitSet> extents, List<String> words) {
      if (!odds(3)) {
        add(extents, pv, 0, pv.peCount() - 1);
        words.add(odds(2) ? word(pv) : escaped(word(pv)));
        return;
      }
      StringBuilder word = new StringBuilder();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        long first = odds(3) ? 0 : random.nextInt((int) pv.peCount());
        long last =
            odds(3) ? pv.peCount() - 1 : first + random.nextInt((int) (pv.peCount() - first));
        add(extents, pv, first, last);
        if (word.length() > 0 && odds(4)) {
          words.add(word.toString());
          word.setLength(0);
        }
        word.append(word.length() == 0 ? escaped(word(pv)) : "");
        word.append(range(first, last, pv.peCount()));
      }
      words.add(word.toString());
    }

    private String word(PhysicalVolume pv) {
      return switch (random.nextInt(4)) {
        case 0 -> pv.id().toString();
        case 1 -> pv.id().value();
        default -> surroundings.names().of(pv.id());
      };
    }

    private static String escaped(String name) {
      return name.replace(":", "\\:").replace("@", "\\@");
    }

    /** A range in any of the forms that mean it. */
    private String range(long first, long last, long peCount) {
      long length = last - first + 1;
      List<String> forms = new ArrayList<>();
      forms.add(":%d-%d".formatted(first, last));
      forms.add(":%d+%d".formatted(first, length));
      if (length == 1) {
        forms.add(":%d".formatted(first));
        forms.add(":%d+0".formatted(first));
      }
      if (first == 0) {
        forms.add(":-%d".formatted(last));
        forms.add(":+%d".formatted(length));
      }
      if (last == peCount - 1) {
        forms.add(":%d-".formatted(first));
        forms.add(":%d+".formatted(first));
      }
      if (length == peCount) {
        forms.add(":-");
        forms.add(":+");
      }
      return any(forms);
    }

    private Set<String> volumes() {
      List<String> names = new ArrayList<>();
      for (LogicalVolume lv : vg.logicalVolumes()) {
        if (!lv.isPvmove()) {
          names.add(lv.name());
        }
      }
      Set<String> some = new LinkedHashSet<>();
      for (int i = few(names.size()); i > 0; i--) {
        some.add(any(names));
      }
      return some;
    }

    private String word(String lv) {
      return switch (random.nextInt(3)) {
        case 0 -> lv;
        case 1 -> vg.name() + "/" + lv;
        default -> "/dev/" + vg.name() + "/" + lv;
      };
    }

    private Set<String> tags() {
      Set<String> tags = new LinkedHashSet<>();
      for (int i = 1 + random.nextInt(2); i > 0; i--) {
        tags.add(any(List.of("t", "a=b", "x/y:z", "#1", "!&.+-_")));
      }
      return tags;
    }
  }
}
