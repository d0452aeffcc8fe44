// SPDX-License-Identifier: Apache-2.0
package org.pvmove.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.lvm.ExtentSize;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.text.MetadataHeader;
import org.pvmove.lvm.text.MetadataText;

class BackupFilesTest {
  private static final MetadataHeader HEADER = MetadataHeader.of("a change", "host", 1_700_000_000);

  @TempDir private Path directory;
  private Path backup = Path.of("");
  private Path archive = Path.of("");
  private BackupFiles files = new BackupFiles(backup, archive, new SplittableRandom(1));

  @BeforeEach
  void inADirectoryThatIsNotThereYet() {
    backup = directory.resolve("lvm/backup");
    archive = directory.resolve("lvm/archive");
    files = new BackupFiles(backup, archive, new SplittableRandom(1));
  }

  private static VolumeGroup version(String name, long seqno) {
    return VolumeGroup.builder(name, new LvmUuid("0".repeat(31) + "A"), ExtentSize.ofBytes(1 << 20))
        .seqno(seqno)
        .build();
  }

  @Test
  void keepTheVersionInForceUnderTheGroupsNameAndNothingElse() throws Exception {
    files.backup(version("vg", 1), HEADER);
    Path file = files.backup(version("vg", 2), HEADER);

    assertThat(file).isEqualTo(backup.resolve("vg"));
    assertThat(MetadataText.parse(Files.readAllBytes(file)))
        .isEqualTo(new MetadataText(version("vg", 2), HEADER));
    assertThat(names(backup)).containsExactly("vg");
  }

  @Test
  void numberEarlierVersionsAndReplaceNone() throws Exception {
    files.archive(version("vg", 1), HEADER);
    Files.createFile(archive.resolve("vg_00006-17.vg"));
    Files.createFile(archive.resolve("vg2_00009-17.vg"));
    Path file = files.archive(version("vg", 2), HEADER);

    assertThat(file.getFileName().toString()).matches("vg_00007-\\d+\\.vg");
    assertThat(MetadataText.parse(Files.readAllBytes(file)).volumeGroup().seqno()).isEqualTo(2);
    assertThat(names(archive)).hasSize(4).anyMatch(name -> name.matches("vg_00000-\\d+\\.vg"));
  }

  @Test
  void areForTheirOwnerOnly() throws Exception {
    Path file = files.backup(version("vg", 1), HEADER);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rwx------");
  }

  @Test
  void refuseANameFromADiskThatLeadsElsewhere() throws IOException {
    for (String name : List.of("../vg", "..", "a/b", "-vg", "", "a b")) {
      assertThatThrownBy(() -> files.backup(version(name, 1), HEADER))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining('"' + name + '"');
    }
    assertThat(directory).isEmptyDirectory();
  }

  private static List<String> names(Path in) throws IOException {
    try (Stream<Path> list = Files.list(in)) {
      return list.map(file -> file.getFileName().toString()).toList();
    }
  }
}
