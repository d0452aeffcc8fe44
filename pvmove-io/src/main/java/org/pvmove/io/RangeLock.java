// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import java.io.Closeable;
import java.io.IOException;

/**
 * A lock on a range of a device, held until it is closed; see {@link BlockDevice#tryLock}. Closing
 * it again does nothing. Closing the device releases it too.
 */
@FunctionalInterface
public interface RangeLock extends Closeable {
  @Override
  void close() throws IOException;
}
