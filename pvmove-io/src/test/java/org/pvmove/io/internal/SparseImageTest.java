// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SparseImageTest {
  private static final int SIZE = 3 * SparseImage.CHUNK_BYTES + 1000;

  /** Any tree of snapshots, all written to in any order, behaves like copied arrays. */
  @Property(tries = 200)
  void keepsEverySnapshotApartFromTheOthers(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int steps) {
    Random random = new Random(seed);
    List<SparseImage> images = new ArrayList<>(List.of(new SparseImage(SIZE)));
    List<byte[]> models = new ArrayList<>(List.of(new byte[SIZE]));

    for (int step = 0; step < steps; step++) {
      int which = random.nextInt(images.size());
      if (random.nextInt(3) == 0) {
        images.add(images.get(which).snapshot());
        models.add(models.get(which).clone());
      } else {
        int at = random.nextInt(SIZE);
        byte[] bytes = new byte[random.nextInt(SIZE - at) + 1];
        random.nextBytes(bytes);
        images.get(which).write(at, ByteBuffer.wrap(bytes));
        System.arraycopy(bytes, 0, models.get(which), at, bytes.length);
      }
    }

    for (int i = 0; i < images.size(); i++) {
      byte[] found = new byte[SIZE];
      images.get(i).read(0, ByteBuffer.wrap(found));
      assertThat(Arrays.equals(found, models.get(i))).as("image %s", i).isTrue();
    }
  }
}
