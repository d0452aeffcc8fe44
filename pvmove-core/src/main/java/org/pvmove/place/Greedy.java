// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import com.google.common.collect.ImmutableList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;

/** Takes runs one by one, each in the best place that those before it have left over. */
final class Greedy {
  private final FreeAreas free;
  private final Owners owners = new Owners();
  private final @Nullable Shares shares;
  private final boolean splits;
  private final Set<LvmUuid> used = new HashSet<>();

  /**
   * Prepares.
   *
   * @param shares how much of what goes where; absent if that does not matter
   * @param splits whether a run may be split
   */
  Greedy(List<PeRange> free, @Nullable Shares shares, boolean splits) {
    this.free = new FreeAreas(free);
    this.shares = shares;
    this.splits = splits;
  }

  /** Whether the rules let a run be on a physical volume. */
  boolean allows(Run run, LvmUuid pv) {
    return !run.forbidden().contains(pv) && owners.allow(run, pv);
  }

  /** Places a run; nothing if there is no place for all of it. */
  @Nullable ImmutableList<PeRange> take(Run run) {
    ImmutableList.Builder<PeRange> pieces = ImmutableList.builder();
    for (long left = run.count(); left > 0; ) {
      PeRange piece = best(run, left);
      if (piece == null) {
        return null;
      }
      free.take(piece);
      if (shares != null) {
        shares.take(run, piece);
      }
      owners.add(run, piece.pv());
      used.add(piece.pv());
      pieces.add(piece);
      left -= piece.count();
    }
    return pieces.build();
  }

  /** The best piece for the rest of a run: whole if any area allows, else the largest. */
  private @Nullable PeRange best(Run run, long count) {
    PeRange best = null;
    for (LvmUuid pv : free.pvs()) {
      long most = shares == null ? count : Math.min(count, shares.left(run, pv));
      if (most == 0 || !allows(run, pv)) {
        continue;
      }
      PeRange offer = free.offer(pv, most);
      if (offer != null && (best == null || better(offer, best))) {
        best = offer;
        if (best.count() == count && used.contains(pv)) {
          // Nothing beats the whole rest where there is some of the move already.
          break;
        }
      }
    }
    return !splits && best != null && best.count() < count ? null : best;
  }

  private boolean better(PeRange offer, PeRange best) {
    if (offer.count() != best.count()) {
      return offer.count() > best.count();
    }
    return used.contains(offer.pv()) && !used.contains(best.pv());
  }
}
