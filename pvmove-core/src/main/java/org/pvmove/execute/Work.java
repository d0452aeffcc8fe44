// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;

/**
 * What one call did, whether it came to its end or not.
 *
 * @param bytesCopied bytes copied; a move that was restarted may have copied more before
 * @param receipts one for each segment that was copied, in order
 * @param lost what could not be read and was replaced by the filler, in order; what an earlier call
 *     lost is in its outcome
 * @param repairs what earlier moves had left behind and was put right, each in a sentence
 */
public record Work(
    long bytesCopied,
    ImmutableList<Receipt> receipts,
    ImmutableList<BadRange> lost,
    ImmutableList<String> repairs) {}
