// SPDX-License-Identifier: Apache-2.0
/**
 * The reports of LVM2's {@code pvs}, {@code vgs} and {@code lvs} as values, computed from the model
 * without asking any kernel. Start with {@link org.pvmove.lvm.report.Reports}.
 */
@NullMarked
package org.pvmove.lvm.report;

import org.jspecify.annotations.NullMarked;
