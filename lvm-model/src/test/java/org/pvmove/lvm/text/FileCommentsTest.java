// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.lvm.ExtentSize;

class FileCommentsTest {
  @ParameterizedTest
  @CsvSource({
    "8, 4648, 18.1562 Megabytes",
    "8, 4649, 18.1602 Megabytes",
    "8, 256, 1024 Kilobytes",
    "8192, 1, 4 Megabytes",
    "8192, 4294967295, 16 Petabytes",
  })
  void roundsSizesLikePrintf(long extentSectors, long extents, String size) {
    assertThat(new FileComments(new ExtentSize(extentSectors)).of("pe_count", extents))
        .isEqualTo(size);
  }
}
