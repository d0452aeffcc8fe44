// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.base.Enums;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/**
 * The status words of an object as they stand in its {@code status} and {@code flags} arrays, in
 * their order, words unknown to this library included.
 *
 * @param status words every tool must know to use the object
 * @param compatible words a tool may ignore
 */
public record StatusFlags(ImmutableList<String> status, ImmutableList<String> compatible) {
  /** No words. */
  public static final StatusFlags NONE = new StatusFlags(ImmutableList.of(), ImmutableList.of());

  /** The given flags, each in its array, in the given order. */
  public static StatusFlags of(StatusFlag... flags) {
    StatusFlags result = NONE;
    for (StatusFlag flag : flags) {
      result = result.with(flag);
    }
    return result;
  }

  /**
   * Whether the flag is set. Like LVM2 this ignores a word of {@code status} that stands among the
   * compatible ones, but not the other way round.
   */
  public boolean has(StatusFlag flag) {
    return status.contains(flag.name()) || (flag.compatible() && compatible.contains(flag.name()));
  }

  /** These words with the given one, put where LVM2 would write it. */
  public StatusFlags with(StatusFlag flag) {
    if (has(flag)) {
      return this;
    }
    return flag.compatible()
        ? new StatusFlags(status, insert(compatible, flag))
        : new StatusFlags(insert(status, flag), compatible);
  }

  /** These words without the given one. */
  public StatusFlags without(StatusFlag flag) {
    return new StatusFlags(remove(status, flag), remove(compatible, flag));
  }

  private static ImmutableList<String> insert(ImmutableList<String> words, StatusFlag flag) {
    List<String> result = new ArrayList<>(words);
    int at = 0;
    for (int i = 0; i < words.size(); i++) {
      if (Enums.getIfPresent(StatusFlag.class, words.get(i))
          .transform(known -> known.compareTo(flag) < 0)
          .or(false)) {
        at = i + 1;
      }
    }
    result.add(at, flag.name());
    return ImmutableList.copyOf(result);
  }

  private static ImmutableList<String> remove(ImmutableList<String> words, StatusFlag flag) {
    return words.stream()
        .filter(word -> !word.equals(flag.name()))
        .collect(ImmutableList.toImmutableList());
  }
}
