// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class FileLocksTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    assertThat(FileLocks.available()).isTrue();
    file = directory.resolve("V_vg");
  }

  @Test
  void excludesOthersInThisProcessUntilItIsClosedAndRemovesTheFileThen() throws Exception {
    FileLocks.Held held = FileLocks.tryLock(file, true);

    assertThat(held).isNotNull();
    assertThat(file).exists();
    assertThat(FileLocks.tryLock(file, true)).isNull();
    assertThat(FileLocks.tryLock(file, false)).isNull();
    held.close();
    held.close();
    assertThat(file).doesNotExist();
    try (FileLocks.Held again = FileLocks.tryLock(file, true)) {
      assertThat(again).isNotNull();
    }
  }

  @Test
  void isSharedByReadersAndTheLastOneRemovesTheFile() throws Exception {
    FileLocks.Held one = FileLocks.tryLock(file, false);
    FileLocks.Held two = FileLocks.tryLock(file, false);
    assertThat(one).isNotNull();
    assertThat(two).isNotNull();
    assertThat(FileLocks.tryLock(file, true)).isNull();

    one.close();
    assertThat(file).exists();
    assertThat(FileLocks.tryLock(file, true)).isNull();
    two.close();
    assertThat(file).doesNotExist();
  }

  @Test
  void excludesTheFlockProgramAndIsExcludedByIt() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "flock(1) is not installed");
    try (FileLocks.Held held = FileLocks.tryLock(file, true)) {
      assertThat(held).isNotNull();
      assertThat(run("flock", "--nonblock", file.toString(), "true")).isEqualTo(1);
      assertThat(run("flock", "--nonblock", "--shared", file.toString(), "true")).isEqualTo(1);
    }
    Process other = new ProcessBuilder("flock", file.toString(), "cat").start();
    other.getOutputStream().write('x');
    other.getOutputStream().flush();
    assertThat(other.getInputStream().read()).as("it has the lock").isEqualTo('x');
    assertThat(FileLocks.tryLock(file, false)).isNull();
    other.getOutputStream().close();
    assertThat(other.waitFor()).isZero();
    try (FileLocks.Held held = FileLocks.tryLock(file, true)) {
      assertThat(held).isNotNull();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  @Test
  void startsAgainIfTheFileIsRemovedBeforeItIsLocked() throws Exception {
    Queue<FileLocks.Held> holders = new ArrayDeque<>(List.of(FileLocks.tryLock(file, true)));
    Path first = Files.createLink(directory.resolve("first"), file);

    FileLocks.Held held =
        FileLocks.tryLock(
            file,
            true,
            () -> {
              FileLocks.Held holder = holders.poll();
              if (holder != null) {
                close(holder);
              }
            });

    assertThat(held).isNotNull();
    assertThat(Files.isSameFile(file, first)).isFalse();
    assertThat(FileLocks.tryLock(file, true)).as("it holds the file that is there").isNull();
    held.close();
  }

  private static void close(FileLocks.Held holder) {
    try {
      holder.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void leavesAFileAloneThatReplacedItsOwn() throws Exception {
    FileLocks.Held first = FileLocks.tryLock(file, true);
    Files.delete(file);
    FileLocks.Held second = FileLocks.tryLock(file, true);
    assertThat(second).isNotNull();

    first.close();

    assertThat(file).exists();
    assertThat(FileLocks.tryLock(file, true)).isNull();
    second.close();
    assertThat(file).doesNotExist();
  }

  @Test
  void saysWhichFileCannotBeLocked() {
    assertThatThrownBy(() -> FileLocks.tryLock(directory.resolve("no/V_vg"), true))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no/V_vg' cannot be opened");
  }
}
