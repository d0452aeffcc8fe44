// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm;

import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Volume groups that real LVM2 wrote, from the test resources; their README says what each holds.
 * Images are read-only, unpacked once and shared between tests.
 */
public final class Fixtures {
  private static final Path ROOT = root();
  private static final String HEALTHY_PAIR = "g-base";
  private static final Map<Path, ByteBuffer> UNPACKED = new ConcurrentHashMap<>();
  private static final int BLOCK = 64 * 1024;
  private static final byte[] ZEROS = new byte[BLOCK];

  private Fixtures() {}

  /**
   * One physical volume of a fixture.
   *
   * @param name how the files of this physical volume are called, such as {@code pv0-loop4}
   * @param device the path it had when LVM2 wrote it, such as {@code /dev/loop4}
   */
  public record Image(String fixture, String name, String device) {
    /** The bytes, read-only, position 0. */
    public ByteBuffer content() {
      Path own = ROOT.resolve(fixture).resolve(name + ".img.gz");
      // A damaged pair stores only the images that differ from the healthy pair.
      Path stored = Files.exists(own) ? own : ROOT.resolve(HEALTHY_PAIR).resolve(name + ".img.gz");
      return UNPACKED.computeIfAbsent(stored, Fixtures::unpack).duplicate();
    }

    /** The independent dump of this image that is stored beside it. */
    public String dump() {
      return file(fixture, name + ".dump.txt");
    }

    @Override
    public String toString() {
      return fixture + "/" + name;
    }
  }

  /** All fixtures that are images of physical volumes, in alphabetical order. */
  public static ImmutableList<String> names() {
    try (Stream<Path> directories = Files.list(ROOT)) {
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

  /** The physical volumes of a fixture in the order LVM2 scanned them. */
  public static ImmutableList<Image> images(String fixture) {
    String suffix = ".dump.txt";
    try (Stream<Path> files = Files.list(ROOT.resolve(fixture))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(suffix))
          .sorted()
          .map(file -> file.substring(0, file.length() - suffix.length()))
          .map(name -> new Image(fixture, name, "/dev/" + name.substring(name.indexOf('-') + 1)))
          .collect(ImmutableList.toImmutableList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every physical volume of every fixture. */
  public static ImmutableList<Image> allImages() {
    return names().stream()
        .flatMap(name -> images(name).stream())
        .collect(ImmutableList.toImmutableList());
  }

  /** Whether a fixture stores a committed metadata text; orphans and some damaged ones do not. */
  public static boolean hasMetadataText(String fixture) {
    return Files.exists(metadataTextFile(fixture));
  }

  /** The committed text of the first metadata area of the first PV, without the NUL at its end. */
  public static byte[] metadataText(String fixture) {
    return read(metadataTextFile(fixture));
  }

  /** A file of a fixture, such as {@code lvs.json}, or {@code ""} and a file beside them. */
  public static String file(String fixture, String file) {
    return new String(read(ROOT.resolve(fixture).resolve(file)), StandardCharsets.UTF_8);
  }

  private static Path metadataTextFile(String fixture) {
    return ROOT.resolve(fixture).resolve(images(fixture).get(0).name() + ".metadata.txt");
  }

  /** Unpacks into a sparse file that has no name any more, so that images take no heap. */
  private static ByteBuffer unpack(Path image) {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(image));
        FileChannel file =
            FileChannel.open(
                Files.createTempFile("fixture", ".img"),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE)) {
      long size = 0;
      for (byte[] block = in.readNBytes(BLOCK); block.length > 0; block = in.readNBytes(BLOCK)) {
        boolean last = block.length < BLOCK;
        if (last || !Arrays.equals(block, ZEROS)) {
          file.write(ByteBuffer.wrap(block), size);
        }
        size += block.length;
      }
      return file.map(FileChannel.MapMode.READ_ONLY, 0, size);
    } catch (IOException e) {
      throw new UncheckedIOException(image.toString(), e);
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
  }

  private static Path root() {
    try {
      return Path.of(Resources.getResource("fixtures/README.md").toURI()).resolveSibling("");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
