// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.examples.map.HtmlMap;
import org.pvmove.examples.map.Picture;
import org.pvmove.examples.map.SvgMap;
import org.pvmove.examples.map.TerminalMap;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;

/** What {@code --map} draws, and where it goes. */
final class Maps {
  /** How pictures are written down. */
  enum Form {
    NONE,
    TERMINAL,
    SVG,
    HTML
  }

  private final Form form;
  private final @Nullable Path file;

  /** By the identity of the volume group, in the order of the scan. */
  private final Map<LvmUuid, Picture> pictures = new LinkedHashMap<>();

  private Maps(Form form, @Nullable Path file) {
    this.form = form;
    this.file = file;
  }

  /** Draws nothing. */
  static Maps none() {
    return new Maps(Form.NONE, null);
  }

  /**
   * What the option asks for.
   *
   * @param word the option's value; absent if it was not given
   * @param devices what was given with {@code --devices}
   * @throws CommandException if it is not known what to draw, or where it would go is not a place
   *     for a picture
   */
  static Maps of(@Nullable String word, List<Path> devices) throws CommandException {
    if (word == null) {
      return none();
    }
    if (word.equals("-")) {
      return new Maps(Form.TERMINAL, null);
    }
    String lower = word.toLowerCase(Locale.ROOT);
    Form form = lower.endsWith(".svg") ? Form.SVG : lower.endsWith(".html") ? Form.HTML : Form.NONE;
    if (form == Form.NONE) {
      throw CommandException.wrongCommandLine(
          "--map: expected a file whose name ends with .svg or .html, or - for the terminal, found"
              + " \"%s\"".formatted(word));
    }
    try {
      Path file = Path.of(word);
      // What a symbolic link leads to is replaced, and not the link.
      Path real = Files.exists(file) ? file.toRealPath() : file;
      for (Path device : devices) {
        if (device.toAbsolutePath().normalize().equals(file.toAbsolutePath().normalize())
            || Groups.isSameFile(device.toString(), real.toString())) {
          throw CommandException.wrongCommandLine(
              "--map: expected a file that is none of the devices, found \"%s\"".formatted(word));
        }
      }
      if (Files.exists(real) && !Files.isRegularFile(real)) {
        throw CommandException.wrongCommandLine(
            "--map: expected a file, or none yet, found \"%s\", which is something else"
                .formatted(word));
      }
      Path directory = real.toAbsolutePath().getParent();
      if (directory == null || !Files.isDirectory(directory)) {
        throw CommandException.wrongCommandLine(
            "--map: expected a file in a directory that is there, found \"%s\"".formatted(word));
      }
      return new Maps(form, real);
    } catch (InvalidPathException | IOException e) {
      throw CommandException.wrongCommandLine("--map: " + Texts.reason(e));
    }
  }

  /** Draws a volume group as it is. */
  void put(StoredVolumeGroup group) {
    if (form != Form.NONE) {
      VolumeGroup vg = group.volumeGroup();
      pictures.put(vg.id(), Picture.of(vg, names(group)));
    }
  }

  /** Draws a volume group as it is, and as it will be or has become. */
  void put(StoredVolumeGroup group, Supplier<VolumeGroup> after) {
    if (form != Form.NONE) {
      VolumeGroup vg = group.volumeGroup();
      pictures.put(vg.id(), Picture.of(vg, after.get(), names(group)));
    }
  }

  private static Function<LvmUuid, String> names(StoredVolumeGroup group) {
    return pv ->
        group.devices().containsKey(pv) ? group.nameOf(pv) : group.nameOf(pv) + " (missing)";
  }

  /**
   * Writes the file with all that was drawn; nothing if there is none. Whoever looks at it
   * meanwhile sees the old one or the new one, whole.
   */
  void write() throws IOException {
    if (file == null) {
      return;
    }
    ImmutableList<Picture> all = ImmutableList.copyOf(pictures.values());
    String text = form == Form.SVG ? SvgMap.svg(all) : HtmlMap.html(all);
    Path beside = file.resolveSibling("." + UUID.randomUUID() + ".tmp");
    try {
      Files.writeString(beside, text, StandardOpenOption.CREATE_NEW);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IOException(
          "the map cannot be written to %s: %s".formatted(file, Texts.reasonAlone(e)), e);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  /** Prints all that was drawn, as wide as the terminal, if it does not go to a file. */
  void print(Console console, Terminal terminal) {
    if (form == Form.TERMINAL) {
      for (Picture picture : pictures.values()) {
        TerminalMap.lines(picture, terminal.columns(), terminal.colours()).forEach(console::print);
      }
    }
  }
}
