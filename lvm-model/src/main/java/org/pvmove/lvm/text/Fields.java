// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
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

  /** The first of its name, which was asked for. */
  private static final byte ASKED_FOR = 1;

  /** Counts, and is not among the unknown. */
  private static final byte KNOWN = 2;

  /** Says no more than its absence and is not printed again, though known. */
  private static final byte UNPRINTED = 4;

  private final @Nullable Fields parent;
  private final String name;
  private final ImmutableList<ConfigNode> nodes;

  /** For each node, which of the bits above it has. */
  private final byte[] states;

  /** The name under which all subsections are printed, with their number behind it. */
  private @Nullable String numbered;

  Fields(String name, ImmutableList<ConfigNode> nodes) {
    this(null, name, nodes);
  }

  private Fields(@Nullable Fields parent, String name, ImmutableList<ConfigNode> nodes) {
    this.parent = parent;
    this.name = name;
    this.nodes = nodes;
    this.states = new byte[nodes.size()];
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

  /**
   * The index of the first field of that name, or -1. No section has many fields that are asked
   * for, so that looking at each node costs less than a map for every section.
   */
  private int first(String key) {
    for (int i = 0; i < states.length; i++) {
      if (nodes.get(i).key().equals(key)) {
        states[i] |= ASKED_FOR;
        return i;
      }
    }
    return -1;
  }

  private boolean is(int at, byte state) {
    return (states[at] & state) != 0;
  }

  @Nullable Long integer(String key) {
    int at = first(key);
    if (at >= 0
        && nodes.get(at) instanceof ConfigNode.Entry entry
        && entry.value() instanceof ConfigValue.Int number) {
      states[at] |= KNOWN;
      return number.value();
    }
    return null;
  }

  /** Whether there is a field of that name, of whatever kind. */
  boolean has(String key) {
    return first(key) >= 0;
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
    int at = first(key);
    if (at < 0 || !(nodes.get(at) instanceof ConfigNode.Entry entry)) {
      return null;
    }
    ConfigValue value = entry.value();
    if (value instanceof ConfigValue.Array array && !array.items().isEmpty()) {
      value = array.items().get(0);
    }
    if (value instanceof ConfigValue.Text text) {
      states[at] |= KNOWN;
      return text.text();
    }
    if (value instanceof ConfigValue.Bare bare) {
      states[at] |= KNOWN;
      return bare.word();
    }
    return null;
  }

  String requiredString(String key) {
    return required(key, string(key), "a string");
  }

  /** A list of strings, or absent. */
  @Nullable ImmutableList<String> strings(String key) {
    int at = first(key);
    if (at < 0 || !(nodes.get(at) instanceof ConfigNode.Entry entry)) {
      return null;
    }
    states[at] |= KNOWN;
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
    int at = first(key);
    if (at >= 0) {
      states[at] |= UNPRINTED;
    }
  }

  /** The items of a list, or absent. */
  @Nullable ImmutableList<ConfigValue> array(String key) {
    int at = first(key);
    if (at < 0 || !(nodes.get(at) instanceof ConfigNode.Entry entry)) {
      return null;
    }
    states[at] |= KNOWN;
    return items(entry.value());
  }

  private static ImmutableList<ConfigValue> items(ConfigValue value) {
    return value instanceof ConfigValue.Array array ? array.items() : ImmutableList.of(value);
  }

  @Nullable ImmutableList<ConfigNode> section(String key) {
    int at = first(key);
    if (at >= 0 && nodes.get(at) instanceof ConfigNode.Section section) {
      states[at] |= KNOWN;
      return section.nodes();
    }
    return null;
  }

  /** All subsections, in order; they are printed under the names they have. */
  List<ConfigNode.Section> sections() {
    List<ConfigNode.Section> sections = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i) instanceof ConfigNode.Section section) {
        states[i] |= KNOWN;
        sections.add(section);
      }
    }
    return sections;
  }

  /** All subsections, in order; they are printed under this name with their number behind it. */
  List<ConfigNode.Section> numberedSections(String printedName) {
    numbered = printedName;
    return sections();
  }

  /** The entries of these names that are there, as they stand, in the text's order. */
  ImmutableList<ConfigNode> take(Iterable<String> keys) {
    BitSet taken = new BitSet();
    for (String key : keys) {
      int at = first(key);
      if (at >= 0) {
        taken.set(at);
        states[at] |= KNOWN;
      }
    }
    return taken.stream().mapToObj(nodes::get).collect(ImmutableList.toImmutableList());
  }

  /** Everything not asked for so far, as it stands; it counts as known afterwards. */
  ImmutableList<ConfigNode> takeRest() {
    ImmutableList.Builder<ConfigNode> rest = ImmutableList.builder();
    for (int i = 0; i < nodes.size(); i++) {
      if (!is(i, KNOWN)) {
        rest.add(nodes.get(i));
        states[i] |= KNOWN;
      }
    }
    return rest.build();
  }

  /**
   * Everything that did not count, remembered with the known field before it. What bears the name
   * of a field that was asked for is remembered with that field, so that it is printed behind it
   * and counts no more than before.
   */
  Extras extras() {
    if (allKnown()) {
      return Extras.NONE;
    }
    Set<String> asked = new HashSet<>();
    for (int i = 0; i < states.length; i++) {
      if (is(i, ASKED_FOR)) {
        asked.add(nodes.get(i).key());
      }
    }
    ImmutableListMultimap.Builder<String, ConfigNode> behind = ImmutableListMultimap.builder();
    String anchor = "";
    int sections = 0;
    for (int i = 0; i < nodes.size(); i++) {
      ConfigNode node = nodes.get(i);
      String key = node.key();
      String printedAs = key;
      if (numbered != null && node instanceof ConfigNode.Section) {
        printedAs = numbered + ++sections;
      }
      if (!is(i, KNOWN)) {
        behind.put(asked.contains(key) ? key : anchor, node);
      } else if (!is(i, UNPRINTED)) {
        anchor = printedAs;
      } else if (occursBehind(i, key)) {
        // If it went, the next of its name would count instead.
        behind.put(key, node);
      }
    }
    return new Extras(behind.build());
  }

  private boolean allKnown() {
    for (int i = 0; i < states.length; i++) {
      if (!is(i, KNOWN)) {
        return false;
      }
    }
    return true;
  }

  private boolean occursBehind(int at, String key) {
    return nodes.subList(at + 1, nodes.size()).stream().anyMatch(node -> node.key().equals(key));
  }

  <T> T required(String key, @Nullable T value, String expected) {
    if (value == null) {
      int at = first(key);
      String found = "nothing";
      if (at >= 0) {
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
