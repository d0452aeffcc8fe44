// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.OptionSpec;

/** The manual page says what the program can do. */
class ManualPageTest {
  /** An option at the begin of a row. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (`-.*?`) \\|");

  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--?[a-z][a-z-]*|-[A-Za-z]\\b");
  private static final Pattern EXAMPLE = Pattern.compile("(?m)^pvmove --devices .*$");

  private String page;

  @BeforeEach
  void read() throws IOException {
    page = Files.readString(Path.of("..", "docs", "pvmove-java.8.md"));
  }

  private String section(String heading) {
    int begin = page.indexOf("## " + heading + "\n");
    return page.substring(begin, page.indexOf("\n## ", begin));
  }

  @Test
  void itHasEveryOptionOfTheProgramAndNoOther() {
    Set<String> described =
        ROW.matcher(section("OPTIONS"))
            .results()
            .flatMap(row -> OPTION.matcher(row.group(1)).results())
            .map(MatchResult::group)
            .collect(ImmutableSet.toImmutableSet());
    Stream<OptionSpec> options =
        PvmoveCommand.commandLine(Terminal.NONE).getCommandSpec().options().stream();
    assertThat(described)
        .containsExactlyInAnyOrderElementsOf(
            options.flatMap(option -> Stream.of(option.names())).toList());
  }

  @Test
  void itsExamplesAreAllInTheTour() throws IOException {
    List<String> examples =
        EXAMPLE.matcher(section("EXAMPLES")).results().map(MatchResult::group).toList();
    assertThat(examples).hasSizeGreaterThan(5);
    assertThat(
            TourTest.COMMAND
                .matcher(Files.readString(TourTest.TOUR))
                .results()
                .map(command -> command.group(1)))
        .containsAll(examples);
  }
}
