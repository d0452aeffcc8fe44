// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** These tests run with a heap of 64 MiB. */
class HostileTextsTest {
  static Stream<Named<Supplier<byte[]>>> texts() {
    return HostileTexts.all().entrySet().stream().map(e -> Named.of(e.getKey(), e.getValue()));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void costsLittleToRead(Supplier<byte[]> text) {
    MetadataTextTarget.fuzzerTestOneInput(text.get());
  }

  /** Groups rather than mere repetitions, which cost a disk no more than a file. */
  static Stream<Named<Supplier<byte[]>>> groups() {
    return texts()
        .filter(text -> !text.getName().matches("(only|as unknown|in an|in a|behind) .*"));
  }

  @ParameterizedTest
  @MethodSource("groups")
  void costsLittleOnADisk(Supplier<byte[]> text) {
    ImageTarget.fuzzerTestOneInput(DiskInput.withText(text.get()));
  }

  @Test
  void theHeapIsAsSmallAsItIsSaidToBe() {
    assertThat(Runtime.getRuntime().maxMemory()).isLessThanOrEqualTo(64L << 20);
  }
}
