// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ChecksumTest {
  private static Checksum of(byte[] bytes) {
    return Checksum.of(ByteBuffer.wrap(bytes));
  }

  @Test
  void hasTheValueThatTheStandardGives() {
    // The check value of CRC-32 for these digits.
    assertThat(of("123456789".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(new Checksum(0xcbf4_3926L));
    assertThat(of(new byte[0])).isEqualTo(Checksum.NONE);
  }

  @Property
  void ofPartsIsThatOfTheWhole(
      @ForAll @Size(max = 5000) byte[] bytes, @ForAll @IntRange(max = 5000) int cut) {
    int at = Math.min(cut, bytes.length);
    Checksum first = of(Arrays.copyOf(bytes, at));
    Checksum second = of(Arrays.copyOfRange(bytes, at, bytes.length));

    assertThat(first.then(second, bytes.length - at)).isEqualTo(of(bytes));
  }

  @Property(tries = 50)
  void ofZerosNeedsNoZeros(@ForAll @IntRange(max = 300_000) int count) {
    assertThat(Checksum.ofZeros(count)).isEqualTo(of(new byte[count]));
  }

  @Test
  void countsBeyondAnInt() {
    long count = 5L << 30;
    Checksum half = Checksum.ofZeros(count);

    assertThat(half.then(half, count)).isEqualTo(Checksum.ofZeros(2 * count));
  }
}
