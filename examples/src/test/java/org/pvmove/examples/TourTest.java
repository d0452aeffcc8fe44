// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever follows the tour in the documentation sees what it says. */
@Timeout(300)
class TourTest {
  static final Path TOUR = Path.of("..", "docs", "tour.md");

  /** What is to be seen in a terminal: commands behind a dollar sign, and their output. */
  private static final Pattern TERMINAL = Pattern.compile("(?s)```console\n(.*?)```\n");

  static final Pattern COMMAND = Pattern.compile("(?m)^\\$ (.*)\n");
  private static final String END_OF_BLOCK = "----";

  /** The commands of the tour for a shell whose working directory is to be the user's. */
  private static final String SHELL =
      """
      exec 2>&1
      run() {
        # Native access is allowed as the jar's manifest allows it: newer versions of Java warn otherwise.
        '%1$s' -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -cp '%2$s' "$@"
      }
      java() {
        shift 2
        run "$@"
      }
      pvmove() {
        run org.pvmove.examples.PvmoveCommand "$@" > '%3$s'
        status=$?
        cat '%3$s'
        return $status
      }
      kill() {
        # What it says first may come a moment later than the process that began it ends.
        until [ -s move.log ]; do :; done
        process=$(sed -n 's/.*as process \\([0-9]*\\)\\..*/\\1/p' '%3$s')
        command kill -9 "$process"
        while command kill -0 "$process"; do :; done 2> /dev/null
      }
      """;

  @TempDir private Path directory;

  @Test
  void theTourPrintsWhatItSays() throws Exception {
    String tour = Files.readString(TOUR);
    List<String> played = play(commands(tour));
    String now =
        TERMINAL
            .matcher(tour)
            .replaceAll(
                new Function<MatchResult, String>() {
                  private int block;

                  @Override
                  public String apply(MatchResult match) {
                    return Matcher.quoteReplacement("```console\n" + played.get(block++) + "```\n");
                  }
                });
    if (Boolean.getBoolean("pvmove.tour.write")) {
      Files.writeString(TOUR, now);
    }
    assertThat(now).isEqualTo(Files.readString(TOUR));
  }

  /** A script that prints and runs the commands, and a line behind each block. */
  private static String commands(String tour) {
    StringBuilder script = new StringBuilder("status=0\n");
    for (MatchResult block : TERMINAL.matcher(tour).results().toList()) {
      for (MatchResult command : COMMAND.matcher(block.group(1)).results().toList()) {
        script.append("printf '%s\\n' '$ ").append(command.group(1)).append("'\n");
        script.append("(exit $status)\n").append(command.group(1)).append("\nstatus=$?\n");
      }
      script.append("echo ").append(END_OF_BLOCK).append('\n');
    }
    return script.toString();
  }

  private List<String> play(String commands) throws IOException, InterruptedException {
    Path home = Files.createDirectory(directory.resolve("tour"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String shell =
        SHELL.formatted(
            java, System.getProperty("java.class.path"), directory.resolve("last-output"));
    Process process =
        new ProcessBuilder("sh", "-c", shell + commands).directory(home.toFile()).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .replace(home.toRealPath().toString(), "/tmp");
    process.waitFor();
    return List.of(withoutWhatVaries(output).split("(?m)^" + END_OF_BLOCK + "\n"));
  }

  private static String withoutWhatVaries(String output) {
    return output
        .replaceAll(
            "[0-9A-Za-z]{6}(-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}",
            "Fd3rtc-0Cqe-vTbn-WKs1-mvnq-kqoI-X8gM2e")
        .replaceAll("as process [0-9]+", "as process 4711")
        .replaceAll("kill [0-9]+", "kill 4711")
        // The host's name is in the metadata.
        .replaceAll("at most [0-9]+ bytes", "at most 3688 bytes")
        // The slower the machine the more of these.
        .replaceAll("(?m)^ +\\S+: Moved: (?!0\\.00%|100\\.00%).*\n", "")
        .replaceAll("[0-9.]+ [KMG]iB/s", "178.21 MiB/s");
  }
}
