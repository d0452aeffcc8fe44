// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

class StatusFlagsTest {
  @Test
  void putsAWordWhereLvmWouldWriteIt() {
    StatusFlags flags = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE, StatusFlag.VISIBLE);
    assertThat(flags.with(StatusFlag.LOCKED).status())
        .containsExactly("READ", "WRITE", "VISIBLE", "LOCKED");
    assertThat(flags.with(StatusFlag.LOCKED).with(StatusFlag.FIXED_MINOR).status())
        .containsExactly("READ", "WRITE", "FIXED_MINOR", "VISIBLE", "LOCKED");
    assertThat(StatusFlags.of(StatusFlag.LOCKED, StatusFlag.PVMOVE, StatusFlag.READ).status())
        .containsExactly("READ", "PVMOVE", "LOCKED");
  }

  @Test
  void keepsTheOrderItFindsAndWordsItDoesNotKnow() {
    StatusFlags found =
        new StatusFlags(ImmutableList.of("NOVEL", "VISIBLE", "READ", "ODD"), ImmutableList.of());
    assertThat(found.with(StatusFlag.LOCKED).status())
        .containsExactly("NOVEL", "VISIBLE", "READ", "LOCKED", "ODD");
    assertThat(found.with(StatusFlag.LOCKED).without(StatusFlag.LOCKED)).isEqualTo(found);
  }

  @Test
  void putsWordsThatOldToolsMayIgnoreIntoTheOtherArray() {
    StatusFlags flags = StatusFlags.of(StatusFlag.READ, StatusFlag.WRITE_LOCKED);
    assertThat(flags.status()).containsExactly("READ");
    assertThat(flags.compatible()).containsExactly("WRITE_LOCKED");
    assertThat(flags.without(StatusFlag.WRITE_LOCKED)).isEqualTo(StatusFlags.of(StatusFlag.READ));
  }

  @Test
  void findsACompatibleWordInEitherArrayAndSetsItOnce() {
    for (StatusFlags flags :
        new StatusFlags[] {
          new StatusFlags(ImmutableList.of("MISSING"), ImmutableList.of()),
          new StatusFlags(ImmutableList.of(), ImmutableList.of("MISSING"))
        }) {
      assertThat(flags.has(StatusFlag.MISSING)).isTrue();
      assertThat(flags.has(StatusFlag.READ)).isFalse();
      assertThat(flags.with(StatusFlag.MISSING)).isSameAs(flags);
      assertThat(flags.without(StatusFlag.MISSING)).isEqualTo(StatusFlags.NONE);
    }
  }

  @Test
  void doesNotTakeAStatusWordAmongTheCompatibleOnesForAFlag() {
    StatusFlags odd = new StatusFlags(ImmutableList.of("READ"), ImmutableList.of("LOCKED"));
    assertThat(odd.has(StatusFlag.LOCKED)).isFalse();
    assertThat(odd.with(StatusFlag.LOCKED).status()).containsExactly("READ", "LOCKED");
    assertThat(odd.with(StatusFlag.LOCKED).has(StatusFlag.LOCKED)).isTrue();
  }
}
