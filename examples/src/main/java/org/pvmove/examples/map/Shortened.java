// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.map;

import com.google.common.collect.ImmutableList;
import org.pvmove.examples.map.Picture.Pv;

/** What is shown where all of it would be too much. */
final class Shortened {
  private Shortened() {}

  /** The first so many. */
  static <T> ImmutableList<T> first(ImmutableList<T> all, int most) {
    return all.subList(0, Math.min(all.size(), most));
  }

  /**
   * Indexes of so many physical volumes, in order: of those that something happens on before those
   * of others.
   */
  static ImmutableList<Integer> pvs(Picture picture, int most) {
    ImmutableList<Pv> pvs = picture.pvs();
    long others = most - pvs.stream().filter(Shortened::changes).count();
    ImmutableList.Builder<Integer> chosen = ImmutableList.builder();
    int left = most;
    for (int i = 0; i < pvs.size() && left > 0; i++) {
      boolean changes = changes(pvs.get(i));
      if (changes || others > 0) {
        chosen.add(i);
        left--;
        others -= changes ? 0 : 1;
      }
    }
    return chosen.build();
  }

  private static boolean changes(Pv pv) {
    return !pv.before().equals(pv.after());
  }
}
