// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How everything is printed: the words of LVM2's {@code --reportformat}; see lvmreport(7). */
enum ReportFormat {
  BASIC,
  JSON;

  /** Reads the word; what LVM2 prints by {@code json_std} differs from {@code json} in numbers. */
  static final class Converter implements ITypeConverter<ReportFormat> {
    @Override
    public ReportFormat convert(String word) {
      return switch (word) {
        case "basic" -> BASIC;
        // Here numbers are numbers in either.
        case "json", "json_std" -> JSON;
        default ->
            throw new TypeConversionException(
                "expected basic, json or json_std, found \"%s\"".formatted(word));
      };
    }
  }
}
