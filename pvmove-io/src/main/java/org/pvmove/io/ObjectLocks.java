// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.common.collect.MapMaker;
import com.google.common.collect.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** Locks on ranges of devices that are nothing but objects of this JVM. */
final class ObjectLocks {
  /** By identity; a device that nobody knows any more has no locks. */
  private static final ConcurrentMap<BlockDevice, List<Range<Long>>> HELD =
      new MapMaker().weakKeys().makeMap();

  private ObjectLocks() {}

  static @Nullable RangeLock tryLock(BlockDevice device, long byteOffset, long byteCount) {
    Range<Long> wanted = Range.closedOpen(byteOffset, byteOffset + byteCount);
    List<Range<Long>> held = HELD.computeIfAbsent(device, key -> new ArrayList<>());
    synchronized (held) {
      for (Range<Long> other : held) {
        if (other.isConnected(wanted) && !other.intersection(wanted).isEmpty()) {
          return null;
        }
      }
      held.add(wanted);
    }
    return () -> {
      synchronized (held) {
        held.remove(wanted);
      }
    };
  }
}
