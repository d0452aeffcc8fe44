// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import com.google.common.collect.ImmutableList;
import java.io.Serial;
import org.pvmove.lvm.LvmException;

/** The volume group must not be changed as it lies on these devices. */
public final class AccessRefusedException extends LvmException {
  @Serial private static final long serialVersionUID = 1L;

  private final ImmutableList<String> reasons;

  /** Creates the exception with every reason. */
  public AccessRefusedException(String volumeGroup, ImmutableList<String> reasons) {
    super("volume group " + volumeGroup + " must not be changed: " + String.join("; ", reasons));
    this.reasons = reasons;
  }

  /** Every reason, in plain words. */
  public ImmutableList<String> reasons() {
    return reasons;
  }
}
