// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

/**
 * Copies of the metadata in files, in the format, under the names and with the permissions that
 * LVM2 uses ({@code backup} section of lvm.conf(5)), so that vgcfgrestore(8) finds them: the
 * version in force as {@code BACKUP/NAME}, versions before a change as {@code
 * ARCHIVE/NAME_NNNNN-RANDOM.vg}.
 *
 * <p>A file appears whole or not at all. Nothing expires: that is left to LVM2's own commands.
 * Thread-safe as far as the file system is.
 */
public final class BackupFiles {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._+][a-zA-Z0-9._+-]{0,126}");

  private final Path backupDirectory;
  private final Path archiveDirectory;
  private final RandomGenerator random;

  /**
   * Files in the given directories, which are made if need be.
   *
   * @param backupDirectory where the version in force goes; {@code /etc/lvm/backup} for LVM2
   * @param archiveDirectory where earlier versions go; {@code /etc/lvm/archive} for LVM2
   * @param random for the names of files
   */
  public BackupFiles(Path backupDirectory, Path archiveDirectory, RandomGenerator random) {
    this.backupDirectory = backupDirectory;
    this.archiveDirectory = archiveDirectory;
    this.random = random;
  }

  /**
   * Keeps the version in force, in place of the one kept before.
   *
   * @return the file
   * @throws IOException if it cannot be written; the file before is untouched then
   */
  public Path backup(VolumeGroup vg, MetadataHeader header) throws IOException {
    Path target = backupDirectory.resolve(fileName(vg));
    Path written = write(backupDirectory, new MetadataText(vg, header).toFileBytes());
    Files.move(written, target, ATOMIC_MOVE);
    forceDirectory(backupDirectory);
    return target;
  }

  /**
   * Keeps a version that is about to be replaced, under the next number; no file is ever replaced.
   *
   * @return the file
   * @throws IOException if it cannot be written
   */
  public Path archive(VolumeGroup vg, MetadataHeader header) throws IOException {
    String name = fileName(vg);
    Path written = write(archiveDirectory, new MetadataText(vg, header).toFileBytes());
    try {
      for (long number = nextNumber(name); ; number++) {
        Path target =
            archiveDirectory.resolve(
                "%s_%05d-%d.vg".formatted(name, number, random.nextInt(Integer.MAX_VALUE)));
        try {
          // Unlike a rename, a link never replaces a file.
          Files.createLink(target, written);
          return target;
        } catch (FileAlreadyExistsException taken) {
          // Somebody else took the number; the next one may be free.
        }
      }
    } finally {
      Files.delete(written);
      forceDirectory(archiveDirectory);
    }
  }

  private long nextNumber(String name) throws IOException {
    Pattern archived = Pattern.compile(Pattern.quote(name) + "_(\\d{5,9})-\\d+\\.vg");
    try (Stream<Path> files = Files.list(archiveDirectory)) {
      return files
              .map(file -> archived.matcher(file.getFileName().toString()))
              .filter(Matcher::matches)
              .mapToLong(match -> Long.parseLong(match.group(1)))
              .max()
              .orElse(-1)
          + 1;
    }
  }

  /** A name from a disk becomes part of a path only if it can be a volume group's. */
  private static String fileName(VolumeGroup vg) {
    String name = vg.name();
    if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException(
          "expected a volume group name that can be a file's, found \"" + name + '"');
    }
    return name;
  }

  private Path write(Path directory, byte[] text) throws IOException {
    boolean posix = Files.getFileStore(existing(directory)).supportsFileAttributeView("posix");
    if (!Files.isDirectory(directory)) {
      if (posix) {
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectories(directory);
      }
    }
    Path file =
        directory.resolve(
            ".lvm_%s_%d_%d"
                .formatted(
                    HostName.get(),
                    ProcessHandle.current().pid(),
                    random.nextInt(Integer.MAX_VALUE)));
    try (FileChannel channel =
        posix
            ? FileChannel.open(
                file,
                Set.of(CREATE_NEW, WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
            : FileChannel.open(file, CREATE_NEW, WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    return file;
  }

  private static Path existing(Path directory) {
    Path path = directory.toAbsolutePath();
    while (!Files.exists(path, LinkOption.NOFOLLOW_LINKS) && path.getParent() != null) {
      path = path.getParent();
    }
    return path;
  }

  private static void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }
}
