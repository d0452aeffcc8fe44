// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private final @Nullable Fields parent;
  private final String name;
  private final ImmutableList<ConfigNode> nodes;
  private final Map<String, Integer> firstByKey = new HashMap<>();
  private final Set<String> asked = new HashSet<>();
  private final BitSet known = new BitSet();

  /** Known fields that say no more than their absence and are not printed again. */
  private final BitSet unprinted = new BitSet();

  /** Sections that are printed under another name than they were read. */
  private final Map<Integer, String> printedAs = new HashMap<>();

  Fields(String name, ImmutableList<ConfigNode> nodes) {
    this(null, name, nodes);
  }

  private Fields(@Nullable Fields parent, String name, ImmutableList<ConfigNode> nodes) {
    this.parent = parent;
    this.name = name;
    this.nodes = nodes;
    for (int i = 0; i < nodes.size(); i++) {
      firstByKey.putIfAbsent(nodes.get(i).key(), i);
    }
  }

  /** The fields of a section in this one. */
  Fields inside(String key, ImmutableList<ConfigNode> inner) {
    return new Fields(this, key, inner);
  }

  /** The path of the section, for messages: made only when needed, since names may be long. */
  private String where() {
    String outer = parent == null ? "" : parent.where();
    return outer.isEmpty()
        ? ConfigReader.abbreviate(name)
        : outer + "/" + ConfigReader.abbreviate(name);
  }

  private @Nullable Integer first(String key) {
    asked.add(key);
    return firstByKey.get(key);
  }

  @Nullable Long integer(String key) {
    Integer at = first(key);
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
    return first(key) != null;
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
    Integer at = first(key);
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
    Integer at = first(key);
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

  /** A list of strings, empty if absent; an empty one is not printed again. */
  ImmutableList<String> stringsOrEmpty(String key) {
    ImmutableList<String> strings = strings(key);
    if (strings == null) {
      return ImmutableList.of();
    }
    if (strings.isEmpty()) {
      leaveOut(key);
    }
    return strings;
  }

  /** Says that the field, though known, is not printed again. */
  void leaveOut(String key) {
    Integer at = first(key);
    if (at != null) {
      unprinted.set(at);
    }
  }

  /** The items of a list, or absent. */
  @Nullable ImmutableList<ConfigValue> array(String key) {
    Integer at = first(key);
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
    Integer at = first(key);
    if (at != null && nodes.get(at) instanceof ConfigNode.Section section) {
      known.set(at);
      return section.nodes();
    }
    return null;
  }

  /** All subsections, in order; they are printed under the names they have. */
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

  /** All subsections, in order; they are printed under this name with their number behind it. */
  List<ConfigNode.Section> numberedSections(String printedName) {
    List<ConfigNode.Section> sections = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i) instanceof ConfigNode.Section section) {
        known.set(i);
        sections.add(section);
        printedAs.put(i, printedName + sections.size());
      }
    }
    return sections;
  }

  /** The entries of these names that are there, as they stand, in the text's order. */
  ImmutableList<ConfigNode> take(Iterable<String> keys) {
    BitSet taken = new BitSet();
    for (String key : keys) {
      Integer at = first(key);
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

  /**
   * Everything that did not count, remembered with the known field before it. What bears the name
   * of a field that was asked for is remembered with that field, so that it is printed behind it
   * and counts no more than before.
   */
  Extras extras() {
    if (known.cardinality() == nodes.size()) {
      return Extras.NONE;
    }
    ImmutableListMultimap.Builder<String, ConfigNode> behind = ImmutableListMultimap.builder();
    String anchor = "";
    for (int i = 0; i < nodes.size(); i++) {
      String key = nodes.get(i).key();
      if (!known.get(i)) {
        behind.put(asked.contains(key) ? key : anchor, nodes.get(i));
      } else if (!unprinted.get(i)) {
        anchor = printedAs.getOrDefault(i, key);
      } else if (occursBehind(i, key)) {
        // If it went, the next of its name would count instead.
        behind.put(key, nodes.get(i));
      }
    }
    return new Extras(behind.build());
  }

  private boolean occursBehind(int at, String key) {
    return nodes.subList(at + 1, nodes.size()).stream().anyMatch(node -> node.key().equals(key));
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
    return new MetadataFormatException(
        where() + "/" + key, expected, ConfigReader.abbreviate(found));
  }
}
