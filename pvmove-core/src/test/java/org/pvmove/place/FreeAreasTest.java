// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.pvmove.place.Placements.area;
import static org.pvmove.place.Placements.pv;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pvmove.lvm.PeRange;

class FreeAreasTest {
  @Test
  void offersTheStartOfTheSmallestAreaThatHoldsEnough() {
    FreeAreas free = new FreeAreas(List.of(area(0, 0, 9), area(0, 20, 4), area(0, 30, 3)));
    assertThat(free.offer(pv(0), 3)).isEqualTo(area(0, 30, 3));
    assertThat(free.offer(pv(0), 2)).isEqualTo(area(0, 30, 2));
    assertThat(free.offer(pv(0), 4)).isEqualTo(area(0, 20, 4));
    assertThat(free.offer(pv(0), 5)).isEqualTo(area(0, 0, 5));
  }

  @Test
  void offersTheLargestAreaIfNoneHoldsEnough() {
    FreeAreas free = new FreeAreas(List.of(area(0, 0, 2), area(0, 20, 4), area(0, 30, 4)));
    assertThat(free.offer(pv(0), 9)).isEqualTo(area(0, 20, 4));
  }

  @Test
  void offersNothingWhereNothingIsFree() {
    FreeAreas free = new FreeAreas(List.of(area(0, 0, 2)));
    assertThat(free.offer(pv(1), 1)).isNull();
    free.take(area(0, 0, 2));
    assertThat(free.offer(pv(0), 1)).isNull();
    assertThat(free.pvs()).containsExactly(pv(0));
  }

  @Test
  void keepsTheRestOfWhatWasTaken() {
    FreeAreas free = new FreeAreas(List.of(area(0, 5, 9)));
    free.take(area(0, 5, 4));
    assertThat(free.offer(pv(0), 9)).isEqualTo(area(0, 9, 5));
  }

  @Test
  void takesTheLargestOfSeveralAreasOfOneSize() {
    FreeAreas free = new FreeAreas(List.of(area(0, 0, 4), area(0, 10, 4), area(0, 20, 4)));
    for (long first : new long[] {0, 10, 20}) {
      assertThat(free.offer(pv(0), 9)).isEqualTo(area(0, first, 4));
      free.take(area(0, first, 4));
    }
    assertThat(free.offer(pv(0), 9)).isNull();
  }

  @Test
  void joinsAreasThatTouchInWhateverOrderTheyCome() {
    FreeAreas free =
        new FreeAreas(List.of(area(0, 6, 2), area(1, 0, 1), area(0, 2, 2), area(0, 4, 2)));
    assertThat(free.offer(pv(0), 9)).isEqualTo(area(0, 2, 6));
    assertThat(free.pvs()).containsExactly(pv(0), pv(1));
  }

  @Test
  void refusesAreasThatOverlap() {
    for (List<PeRange> areas :
        List.of(
            List.of(area(0, 0, 5), area(0, 4, 2)),
            List.of(area(0, 4, 2), area(0, 0, 5)),
            List.of(area(0, 0, 5), area(0, 0, 5)),
            List.of(area(0, 0, 9), area(0, 1, 1), area(0, 5, 1)))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new FreeAreas(areas))
          .withMessageStartingWith("expected free areas that do not overlap, found ");
    }
  }

  @Test
  void refusesToTakeWhatItDidNotOffer() {
    FreeAreas free = new FreeAreas(List.of(area(0, 0, 5), area(0, 10, 3)));
    assertThatIllegalArgumentException().isThrownBy(() -> free.take(area(0, 1, 4)));
    assertThatIllegalArgumentException().isThrownBy(() -> free.take(area(0, 0, 3)));
    assertThatIllegalArgumentException().isThrownBy(() -> free.take(area(0, 0, 6)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> free.take(area(1, 0, 1)))
        .withMessage("expected a piece that was offered, found " + area(1, 0, 1));
  }
}
