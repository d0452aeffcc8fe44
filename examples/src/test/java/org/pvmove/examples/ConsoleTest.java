// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Console console =
      new Console(new PrintWriter(out, true), new PrintWriter(err, true), Console.Detail.NORMAL);

  @Test
  void namesFromADiskDoNotSteerTheTerminal() {
    console.print("a\033[2Jb\rc\u009b1Ad\007");
    console.complain("a\033]0;title\007b\nc");

    assertThat(out).hasToString("a\uFFFD[2Jb\uFFFDc\uFFFD1Ad\uFFFD" + System.lineSeparator());
    assertThat(err).hasToString("  a\uFFFD]0;title\uFFFDb\uFFFDc" + System.lineSeparator());
  }

  @Test
  void coloursStay() {
    console.print("\033[31mmissing\033[39m\033[0m");

    assertThat(out).hasToString("\033[31mmissing\033[39m\033[0m" + System.lineSeparator());
  }
}
