// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

/** What users read of a failure. */
class TextsTest {
  @Test
  void saysOfAFileWhatIsWrongWithIt() {
    assertThat(Texts.reason(new NoSuchFileException("a.img")))
        .isEqualTo("a.img: there is no such file or device");
    assertThat(Texts.reason(new AccessDeniedException("a.img")))
        .isEqualTo("a.img: permission denied");
    assertThat(Texts.reason(new FileSystemException("a.img", null, "Input/output error")))
        .isEqualTo("a.img: Input/output error");
    assertThat(Texts.reason(new FileAlreadyExistsException("a.img")))
        .isEqualTo("a.img: FileAlreadyExistsException");
  }

  @Test
  void saysTheSameWithoutTheFileWhereThatIsNamedAlready() {
    assertThat(Texts.reasonAlone(new AccessDeniedException("a.img")))
        .isEqualTo("permission denied");
    assertThat(Texts.reasonAlone(new FileSystemException("a.img", "b.img", "File name too long")))
        .isEqualTo("File name too long");
    assertThat(Texts.reasonAlone(new IOException("the disk is full")))
        .isEqualTo("the disk is full");
  }

  @Test
  void saysWhatKindOfFailureItIsThatSaysNothing() {
    assertThat(Texts.reason(new IOException())).isEqualTo("IOException");
  }
}
