// SPDX-License-Identifier: Apache-2.0
package org.pvmove.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The inputs worth keeping: those by which the fuzzer reached new code, and those that once showed
 * a mistake. These tests run with a heap of 64 MiB.
 */
class CorpusTest {
  static List<Path> texts() {
    return inputs("text");
  }

  @ParameterizedTest
  @MethodSource("texts")
  void aTextDoesNoHarm(Path text) throws IOException {
    MetadataTextTarget.fuzzerTestOneInput(Files.readAllBytes(text));
  }

  static List<Path> headers() {
    return inputs("header");
  }

  @ParameterizedTest
  @MethodSource("headers")
  void aHeaderDoesNoHarm(Path header) throws IOException {
    HeaderTarget.fuzzerTestOneInput(Files.readAllBytes(header));
  }

  static List<Path> disks() {
    return inputs("image");
  }

  @ParameterizedTest
  @MethodSource("disks")
  void disksDoNoHarm(Path disks) throws IOException {
    ImageTarget.fuzzerTestOneInput(Files.readAllBytes(disks));
  }

  private static List<Path> inputs(String kind) {
    URL directory = Objects.requireNonNull(CorpusTest.class.getResource("/corpus/" + kind));
    try (Stream<Path> files = Files.list(Path.of(directory.toURI()))) {
      List<Path> inputs = files.sorted().toList();
      assertThat(inputs).isNotEmpty();
      return inputs;
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
