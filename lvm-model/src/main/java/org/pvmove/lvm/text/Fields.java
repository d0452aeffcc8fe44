// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.ConfigNode;
import org.pvmove.lvm.ConfigValue;
import org.pvmove.lvm.Extras;
import org.pvmove.lvm.Sectors;

/**
 * The fields of a section while it is read. Every field asked for counts as known; what nobody
 * asked for ends up in {@link #extras()}.
 *
 * <p>As in LVM2 the first of several fields of one name counts, a value of the wrong kind counts as
 * absent, a list of one may be written without brackets, and a list where one string is wanted
 * gives its first.
 */
final class Fields {
  private static final long MAX_U32 = 0xFFFF_FFFFL;

  private final String where;
  private final ImmutableList<ConfigNode> nodes;
  private final Map<String, Integer> firstByKey = new HashMap<>();
  private final BitSet known = new BitSet();

  Fields(String where, ImmutableList<ConfigNode> nodes) {
    this.where = where;
    this.nodes = nodes;
    for (int i = 0; i < nodes.size(); i++) {
      firstByKey.putIfAbsent(nodes.get(i).key(), i);
    }
  }

  /** The path of the section, for messages. */
  String where() {
    return where;
  }

  @Nullable Long integer(String key) {
    Integer at = firstByKey.get(key);
    if (at != null
        && nodes.get(at) instanceof ConfigNode.Entry entry
        && entry.value() instanceof ConfigValue.Int number) {
      known.set(at);
      return number.value();
    }
    return null;
  }

  /** Whether there is a field of that name, of whatever kind. */
  boolean has(String key) {
    return firstByKey.containsKey(key);
  }

  /** An integer from 0 to 2^32-1, or absent. */
  @Nullable Long unsigned32(String key) {
    Long value = integer(key);
    if (value != null && (value < 0 || value > MAX_U32)) {
      throw error(key, "a number from 0 to 4294967295", value.toString());
    }
    return value;
  }

  long requiredUnsigned32(String key) {
    return required(key, unsigned32(key), "a number");
  }

  /** An integer from 0 to 2^63-1 that counts sectors, or absent. */
  @Nullable Sectors sectors(String key) {
    Long value = integer(key);
    if (value == null) {
      return null;
    }
    if (value < 0) {
      throw error(key, "a number of sectors >= 0", value.toString());
    }
    return Sectors.of(value);
  }

  Sectors requiredSectors(String key) {
    return required(key, sectors(key), "a number of sectors");
  }

  /** A number of sectors from 0 to 2^32-1, or absent. */
  @Nullable Sectors sectors32(String key) {
    Long value = unsigned32(key);
    return value == null ? null : Sectors.of(value);
  }

  Sectors requiredSectors32(String key) {
    return required(key, sectors32(key), "a number of sectors");
  }

  @Nullable String string(String key) {
    Integer at = firstByKey.get(key);
    if (at == null || !(nodes.get(at) instanceof ConfigNode.Entry entry)) {
      return null;
    }
    ConfigValue value = entry.value();
    if (value instanceof ConfigValue.Array array && !array.items().isEmpty()) {
      value = array.items().get(0);
    }
    if (value instanceof ConfigValue.Text text) {
      known.set(at);
      return text.text();
    }
    if (value instanceof ConfigValue.Bare bare) {
      known.set(at);
      return bare.word();
    }
    return null;
  }

  String requiredString(String key) {
    return required(key, string(key), "a string");
  }

  /** A list of strings, or absent. */
  @Nullable ImmutableList<String> strings(String key) {
    Integer at = firstByKey.get(key);
    if (at == null || !(nodes.get(at) instanceof ConfigNode.Entry entry)) {
      return null;
    }
    known.set(at);
    ImmutableList.Builder<String> strings = ImmutableList.builder();
    for (ConfigValue item : items(entry.value())) {
      if (item instanceof ConfigValue.Text text) {
        strings.add(text.text());
      } else if (item instanceof ConfigValue.Bare bare) {
        strings.add(bare.word());
      } else {
        throw error(key, "only strings", ConfigPrinter.print(item));
      }
    }
    return strings.build();
  }

  ImmutableList<String> stringsOrEmpty(String key) {
    ImmutableList<String> strings = strings(key);
    return strings == null ? ImmutableList.of() : strings;
  }

  /** The items of a list, or absent. */
  @Nullable ImmutableList<ConfigValue> array(String key) {
    Integer at = firstByKey.get(key);
    if (at == null || !(nodes.get(at) instanceof ConfigNode.Entry entry)) {
      return null;
    }
    known.set(at);
    return items(entry.value());
  }

  private static ImmutableList<ConfigValue> items(ConfigValue value) {
    return value instanceof ConfigValue.Array array ? array.items() : ImmutableList.of(value);
  }

  @Nullable ImmutableList<ConfigNode> section(String key) {
    Integer at = firstByKey.get(key);
    if (at != null && nodes.get(at) instanceof ConfigNode.Section section) {
      known.set(at);
      return section.nodes();
    }
    return null;
  }

  /** All subsections, in order. */
  List<ConfigNode.Section> sections() {
    List<ConfigNode.Section> sections = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i) instanceof ConfigNode.Section section) {
        known.set(i);
        sections.add(section);
      }
    }
    return sections;
  }

  /** The entries of these names that are there, as they stand, in the text's order. */
  ImmutableList<ConfigNode> take(Iterable<String> keys) {
    BitSet taken = new BitSet();
    for (String key : keys) {
      Integer at = firstByKey.get(key);
      if (at != null) {
        taken.set(at);
      }
    }
    known.or(taken);
    return taken.stream().mapToObj(nodes::get).collect(ImmutableList.toImmutableList());
  }

  /** Everything not asked for so far, as it stands; it counts as known afterwards. */
  ImmutableList<ConfigNode> takeRest() {
    ImmutableList.Builder<ConfigNode> rest = ImmutableList.builder();
    for (int i = known.nextClearBit(0); i < nodes.size(); i = known.nextClearBit(i + 1)) {
      rest.add(nodes.get(i));
    }
    known.set(0, nodes.size());
    return rest.build();
  }

  /** Everything not asked for, remembered with the known field before it. */
  Extras extras() {
    if (known.cardinality() == nodes.size()) {
      return Extras.NONE;
    }
    ImmutableListMultimap.Builder<String, ConfigNode> behind = ImmutableListMultimap.builder();
    String anchor = "";
    for (int i = 0; i < nodes.size(); i++) {
      if (known.get(i)) {
        anchor = nodes.get(i).key();
      } else {
        behind.put(anchor, nodes.get(i));
      }
    }
    return new Extras(behind.build());
  }

  <T> T required(String key, @Nullable T value, String expected) {
    if (value == null) {
      Integer at = firstByKey.get(key);
      String found = "nothing";
      if (at != null) {
        found = nodes.get(at) instanceof ConfigNode.Section ? "a section" : "another kind of value";
      }
      throw error(key, expected, found);
    }
    return value;
  }

  MetadataFormatException error(String key, String expected, String found) {
    return new MetadataFormatException(where + "/" + key, expected, found);
  }
}
