// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.ReadErrors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads what to do when the source cannot be read: a word, and how often to try. */
final class ReadErrorsWord implements ITypeConverter<ReadErrors> {
  static final int USUAL_ATTEMPTS = 3;

  /** What comes in place of bytes that are lost. */
  private static final byte FILLER = 0;

  private static final Pattern WORD = Pattern.compile("(stop|retry|skip)(?:=([0-9]{1,9}))?");

  @Override
  public ReadErrors convert(String word) {
    Matcher matcher = WORD.matcher(word);
    if (!matcher.matches()) {
      throw wrong("stop, retry, retry=N, skip or skip=N", word);
    }
    @Nullable String number = matcher.group(2);
    if (matcher.group(1).equals("stop")) {
      if (number != null) {
        throw wrong("stop without a number", word);
      }
      return ReadErrors.stop();
    }
    int attempts = number == null ? USUAL_ATTEMPTS : Integer.parseInt(number);
    if (attempts < 1 || attempts > ReadErrors.MAX_ATTEMPTS) {
      throw wrong("1 to " + ReadErrors.MAX_ATTEMPTS + " attempts", word);
    }
    return matcher.group(1).equals("retry")
        ? ReadErrors.retry(attempts)
        : ReadErrors.skip(attempts, FILLER);
  }

  private static TypeConversionException wrong(String expected, String found) {
    return new TypeConversionException("expected %s, found \"%s\"".formatted(expected, found));
  }
}
