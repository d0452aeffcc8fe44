// SPDX-License-Identifier: Apache-2.0
package org.pvmove.place;

import java.util.HashMap;
import java.util.Map;
import org.pvmove.lvm.LvmUuid;

/** Which part of each group is on which physical volume, while runs are being placed. */
final class Owners {
  private record Place(int group, LvmUuid pv) {}

  /** How many runs of a part are there. */
  private record Owner(int part, int runs) {}

  private final Map<Place, Owner> owners = new HashMap<>();

  /** Whether no other part of a group of the run is on the physical volume. */
  boolean allow(Run run, LvmUuid pv) {
    for (Map.Entry<Integer, Integer> part : run.parts().entrySet()) {
      Owner owner = owners.get(new Place(part.getKey(), pv));
      if (owner != null && owner.part() != part.getValue()) {
        return false;
      }
    }
    return true;
  }

  void add(Run run, LvmUuid pv) {
    run.parts()
        .forEach(
            (group, part) ->
                owners.merge(
                    new Place(group, pv),
                    new Owner(part, 1),
                    (old, added) -> new Owner(part, old.runs() + 1)));
  }

  /** Takes one addition back. */
  void remove(Run run, LvmUuid pv) {
    run.parts()
        .forEach(
            (group, part) ->
                owners.computeIfPresent(
                    new Place(group, pv),
                    (place, owner) ->
                        owner.runs() == 1 ? null : new Owner(part, owner.runs() - 1)));
  }
}
