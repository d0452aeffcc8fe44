// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.plan.Cost;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.SkipReason;

/** Whatever a plan says, JSON says it too; and whatever a text says, it is read or refused. */
class PlanJsonPropertyTest {
  @Property
  void aPlanThatIsReadBackIsEqual(@ForAll("plans") MovePlan plan) throws JsonException {
    String json = PlanJson.write(plan);
    MovePlan readBack = PlanJson.read(json);
    assertThat(readBack).isEqualTo(plan);
    assertThat(readBack.unused().keySet()).containsExactlyElementsOf(plan.unused().keySet());
    assertThat(PlanJson.write(readBack)).isEqualTo(json);
    assertThat(json).matches("[\\n -~]*");
  }

  @Property
  void aTextThatIsCutOffIsRefusedAtItsEnd(@ForAll("plans") MovePlan plan, @ForAll Random random) {
    String json = PlanJson.write(plan).strip();
    String cut = json.substring(0, random.nextInt(json.length()));
    try {
      PlanJson.read(cut);
      throw new AssertionError("expected to be refused, was read: " + cut);
    } catch (JsonException e) {
      assertThat(e.line()).isEqualTo(1 + (int) cut.chars().filter(c -> c == '\n').count());
    }
  }

  @Property
  void aTextThatIsChangedIsReadOrRefused(@ForAll("plans") MovePlan plan, @ForAll Random random) {
    StringBuilder json = new StringBuilder(PlanJson.write(plan));
    for (int i = 0; i <= random.nextInt(3); i++) {
      String some = "{}[]\",:\\0129-+.eEtfn \nu\u00e9\0";
      json.setCharAt(random.nextInt(json.length()), some.charAt(random.nextInt(some.length())));
    }
    try {
      MovePlan read = PlanJson.read(json.toString());
      assertThat(read).isEqualTo(PlanJson.read(PlanJson.write(read)));
    } catch (JsonException e) {
      assertThat(e.expected()).isNotEmpty();
      assertThat(e.found()).isNotEmpty();
      assertThat(e.column()).isPositive();
    }
  }

  @Provide
  Arbitrary<MovePlan> plans() {
    Arbitrary<String> names = Arbitraries.strings().ofMaxLength(12);
    Arbitrary<Long> numbers = Arbitraries.longs().greaterOrEqual(0);
    Arbitrary<LvmUuid> uuids = Arbitraries.randomValue(LvmUuid::random).withoutEdgeCases();
    Arbitrary<MovePlan.Segment> segments =
        Combinators.combine(
                names,
                numbers,
                Arbitraries.integers().greaterOrEqual(0),
                uuids,
                uuids,
                Arbitraries.longs().between(0, Long.MAX_VALUE / 2),
                Arbitraries.longs().between(1, Long.MAX_VALUE / 2))
            .as(
                (lv, extent, stripe, from, to, first, count) ->
                    new MovePlan.Segment(
                        lv,
                        extent,
                        stripe,
                        new PeRange(from, first, count),
                        new PeRange(to, first / 3, count)));
    Arbitrary<MovePlan.Skipped> skipped =
        Combinators.combine(names, Arbitraries.of(SkipReason.class)).as(MovePlan.Skipped::new);
    Arbitrary<Cost> costs =
        Combinators.combine(numbers, numbers, numbers, numbers.list().ofMaxSize(5))
            .as(
                (extents, bytes, repeated, metadata) ->
                    new Cost(extents, bytes, repeated, ImmutableLongArray.copyOf(metadata)));
    Arbitrary<boolean[]> truths = Arbitraries.of(true, false).array(boolean[].class).ofSize(2);
    return Combinators.combine(
            Combinators.combine(names, uuids, numbers, numbers.filter(n -> n > 0), names)
                .as(Head::new),
            truths,
            segments.list().ofMaxSize(4),
            skipped.list().ofMaxSize(3),
            Arbitraries.maps(names, names).ofMaxSize(3),
            costs)
        .as(
            (head, flags, moving, left, unused, cost) ->
                new MovePlan(
                    head.volumeGroup(),
                    head.id(),
                    head.seqno(),
                    head.extentBytes(),
                    head.move(),
                    flags[0],
                    flags[1],
                    ImmutableList.copyOf(moving),
                    ImmutableList.copyOf(left),
                    ImmutableMap.copyOf(unused),
                    cost));
  }

  private record Head(String volumeGroup, LvmUuid id, long seqno, long extentBytes, String move) {}
}
