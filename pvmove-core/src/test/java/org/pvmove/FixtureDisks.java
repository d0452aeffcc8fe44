// SPDX-License-Identifier: Apache-2.0
package org.pvmove;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;

/** Disks that real LVM2 wrote, from the test resources, as devices in memory. */
public final class FixtureDisks {
  private static final int BLOCK = 64 << 10;
  private static final byte[] ZEROS = new byte[BLOCK];

  /** A damaged pair stores only the images that differ from the healthy pair. */
  private static final String HEALTHY_PAIR = "g-base";

  /** Images are asked for again and again. */
  private static final Map<Path, Image> UNPACKED = new ConcurrentHashMap<>();

  private FixtureDisks() {}

  /** The blocks of an image that are not all zeros, by their offsets. */
  private record Image(int size, Map<Integer, byte[]> blocks) {}

  /** The disks of a fixture in LVM2's order of scanning, by the names they had when written. */
  public static ImmutableList<BlockDevice> open(String fixture) {
    Path directory = root("fixtures/README.md").resolve(fixture);
    String suffix = ".dump.txt";
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(suffix))
          .sorted()
          .map(file -> file.substring(0, file.length() - suffix.length()))
          .map(name -> disk(directory, name))
          .collect(ImmutableList.toImmutableList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BlockDevice disk(Path directory, String name) {
    Path image = directory.resolve(name + ".img.gz");
    if (!Files.exists(image)) {
      image = directory.resolveSibling(HEALTHY_PAIR).resolve(name + ".img.gz");
    }
    return unpack(image, "/dev/" + name.substring(name.indexOf('-') + 1));
  }

  /** All fixtures that are images of physical volumes, in alphabetical order. */
  public static ImmutableList<String> names() {
    try (Stream<Path> directories = Files.list(root("fixtures/README.md"))) {
      return directories
          .filter(Files::isDirectory)
          .map(directory -> directory.getFileName().toString())
          .filter(name -> !name.equals("text-variants"))
          .sorted()
          .collect(ImmutableList.toImmutableList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of the fixtures, such as {@code g-RESULTS.tsv}. */
  public static Path file(String name) {
    return root("fixtures/README.md").resolve(name);
  }

  /**
   * The three disks of a machine whose power was cut in the middle of a real pvmove; the README
   * beside them says which moves there are.
   */
  public static ImmutableList<BlockDevice> interrupted(String move) {
    Path directory = root("interrupted/README.md");
    return Stream.of("a", "b", "c")
        .map(disk -> unpack(directory.resolve(move + "." + disk + ".gz"), disk))
        .collect(ImmutableList.toImmutableList());
  }

  /** The checksums of the logical volumes of an interrupted move: lines of md5 and path. */
  public static ImmutableList<String> checksums(String move) {
    try {
      return ImmutableList.copyOf(
          Files.readAllLines(root("interrupted/README.md").resolve(move + ".md5")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BlockDevice unpack(Path image, String name) {
    Image unpacked = UNPACKED.computeIfAbsent(image, FixtureDisks::read);
    BlockDevice device = BlockDevices.inMemory(name, unpacked.size());
    try {
      for (Map.Entry<Integer, byte[]> block : unpacked.blocks().entrySet()) {
        device.write(block.getKey(), ByteBuffer.wrap(block.getValue()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return device;
  }

  private static Image read(Path image) {
    Map<Integer, byte[]> blocks = new HashMap<>();
    int size = 0;
    try (InputStream in = new GZIPInputStream(Files.newInputStream(image))) {
      for (byte[] block = in.readNBytes(BLOCK); block.length > 0; block = in.readNBytes(BLOCK)) {
        if (!Arrays.equals(block, 0, block.length, ZEROS, 0, block.length)) {
          blocks.put(size, block);
        }
        size += block.length;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(image.toString(), e);
    }
    return new Image(size, blocks);
  }

  private static Path root(String file) {
    URL url = FixtureDisks.class.getClassLoader().getResource(file);
    if (url == null) {
      throw new IllegalStateException("expected the test resource " + file + ", found none");
    }
    try {
      return Path.of(url.toURI()).resolveSibling("");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
