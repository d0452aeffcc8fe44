// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.testing;

import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDeviceContract;

class SimulatedBlockDeviceTest extends BlockDeviceContract {
  @Override
  protected BlockDevice create(long size) {
    return new SimulatedDisks(1).add("simulated", size);
  }
}
