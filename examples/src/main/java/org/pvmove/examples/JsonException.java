// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.io.Serial;

/** A text that is not JSON, or does not say what it should. */
public final class JsonException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final String path;
  private final String expected;
  private final String found;

  JsonException(int line, int column, String path, String expected, String found) {
    super(
        "line %d, column %d%s: expected %s, found %s"
            .formatted(line, column, path.isEmpty() ? "" : " (" + path + ")", expected, found));
    this.line = line;
    this.column = column;
    this.path = path;
    this.expected = expected;
    this.found = found;
  }

  /** The line, counted from 1. */
  public int line() {
    return line;
  }

  /** The column, counted from 1. */
  public int column() {
    return column;
  }

  /** The way there through members and elements, such as {@code segments[3].source}. */
  public String path() {
    return path;
  }

  /** What should be there. */
  public String expected() {
    return expected;
  }

  /** What is there. */
  public String found() {
    return found;
  }
}
