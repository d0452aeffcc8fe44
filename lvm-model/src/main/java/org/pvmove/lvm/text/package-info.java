// SPDX-License-Identifier: Apache-2.0
/**
 * LVM2's metadata text: {@link org.pvmove.lvm.text.MetadataText} reads it into the model and prints
 * the model. May use the model, nothing else.
 */
@NullMarked
package org.pvmove.lvm.text;

import org.jspecify.annotations.NullMarked;
