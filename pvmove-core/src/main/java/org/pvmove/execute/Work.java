// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;

/**
 * What one call did, whether it came to its end or not.
 *
 * @param bytesCopied bytes of the segments that are at their new place by this call, durably; a
 *     move that was restarted may have got more there before
 * @param receipts one for each of these segments, in order; none if LVM2 moved them
 * @param lost what of these segments could not be read and was replaced by the filler, in order;
 *     what an earlier call lost is in its outcome
 * @param repairs what earlier moves had left behind and was put right, each in a sentence
 */
public record Work(
    long bytesCopied,
    ImmutableList<Receipt> receipts,
    ImmutableList<BadRange> lost,
    ImmutableList<String> repairs) {
  /** None. */
  public static final Work NONE =
      new Work(0, ImmutableList.of(), ImmutableList.of(), ImmutableList.of());

  /** This, and then something more. */
  public Work then(Work more) {
    return new Work(
        bytesCopied + more.bytesCopied,
        both(receipts, more.receipts),
        both(lost, more.lost),
        both(repairs, more.repairs));
  }

  private static <T> ImmutableList<T> both(ImmutableList<T> first, ImmutableList<T> second) {
    return ImmutableList.<T>builderWithExpectedSize(first.size() + second.size())
        .addAll(first)
        .addAll(second)
        .build();
  }
}
