// SPDX-License-Identifier: Apache-2.0
/**
 * A small server of the NBD protocol (network block device), so that other programs can use a
 * {@link org.pvmove.io.BlockDevice}: {@link org.pvmove.examples.nbd.NbdServer}. The protocol is
 * described in {@code doc/proto.md} of the NetworkBlockDevice project, which is in the public
 * domain; numbers and names of its messages come from there.
 */
@NullMarked
package org.pvmove.examples.nbd;

import org.jspecify.annotations.NullMarked;
