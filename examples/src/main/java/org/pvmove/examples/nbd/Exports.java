// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples.nbd;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Maps;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;

/** What clients may choose from, by name. */
final class Exports {
  private final ImmutableMap<String, Export> byName;

  Exports(Map<String, ? extends BlockDevice> devices) {
    for (String name : devices.keySet()) {
      checkArgument(
          name.indexOf('\0') < 0
              && name.getBytes(StandardCharsets.UTF_8).length <= Protocol.MAX_NAME_BYTES,
          "name of an export: expected at most %s bytes without a zero byte, found '%s'",
          Protocol.MAX_NAME_BYTES,
          name);
    }
    byName = ImmutableMap.copyOf(Maps.transformValues(devices, Export::new));
  }

  ImmutableSet<String> names() {
    return byName.keySet();
  }

  /** The export of that name; where there is but one, no name means that one. */
  @Nullable Export find(String name) {
    Export export = byName.get(name);
    return export == null && name.isEmpty() && byName.size() == 1
        ? Iterables.getOnlyElement(byName.values())
        : export;
  }
}
