// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.base.CharMatcher;
import com.google.common.collect.ImmutableList;
import org.pvmove.lvm.VolumeGroup;

/** A logical volume on the command line: {@code lv}, {@code vg/lv} or {@code /dev/vg/lv}. */
final class LvArgument {
  private static final String DEV = "/dev/";

  /** What LVM2 allows in the names of volume groups and logical volumes; see lvm(8). */
  private static final CharMatcher NAME_CHARACTERS =
      CharMatcher.inRange('a', 'z')
          .or(CharMatcher.inRange('A', 'Z'))
          .or(CharMatcher.inRange('0', '9'))
          .or(CharMatcher.anyOf("+_.-"));

  private LvArgument() {}

  /**
   * The names of logical volumes.
   *
   * @param vg the volume group of the source, which must be the one named
   * @param option the option that takes them
   */
  static ImmutableList<String> namesIn(VolumeGroup vg, String option, Iterable<String> arguments)
      throws CommandException {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (String argument : arguments) {
      names.add(nameIn(vg, option, argument));
    }
    return names.build();
  }

  private static String nameIn(VolumeGroup vg, String option, String argument)
      throws CommandException {
    String path = argument.startsWith(DEV) ? argument.substring(DEV.length()) : argument;
    int slash = path.indexOf('/');
    if (slash < 0 && argument.startsWith(DEV)) {
      throw wrong(option, argument, "expected /dev/VG/LV");
    }
    String name = path.substring(slash + 1);
    if (name.isEmpty() || name.startsWith("-") || !NAME_CHARACTERS.matchesAllOf(name)) {
      throw wrong(option, argument, "expected a name of letters, digits and any of + _ . -");
    }
    if (slash >= 0 && !path.substring(0, slash).equals(vg.name())) {
      throw wrong(
          option, argument, "expected a logical volume of \"" + vg.name() + "\", as the source is");
    }
    return name;
  }

  private static CommandException wrong(String option, String argument, String expected) {
    return CommandException.wrongCommandLine("%s \"%s\": %s".formatted(option, argument, expected));
  }
}
