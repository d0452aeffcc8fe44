// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/** What an executor has done so far. */
final class Ledger {
  private final List<Receipt> receipts = new ArrayList<>();
  private final List<BadRange> lost = new ArrayList<>();
  private ImmutableList<String> repairs = ImmutableList.of();

  /** A segment is at its destination, durably. */
  void add(Receipt receipt, List<BadRange> notReadable) {
    receipts.add(receipt);
    lost.addAll(notReadable);
  }

  /** What earlier moves had left behind is put right. */
  void repaired(ImmutableList<String> done) {
    repairs = done;
  }

  Work work() {
    return new Work(
        receipts.stream().mapToLong(Receipt::byteCount).sum(),
        ImmutableList.copyOf(receipts),
        ImmutableList.copyOf(lost),
        repairs);
  }
}
