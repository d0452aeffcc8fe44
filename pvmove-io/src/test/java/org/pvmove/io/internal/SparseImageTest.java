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
import org.junit.jupiter.api.Test;

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
        if (random.nextInt(3) == 0) {
          images.get(which).zero(at, bytes.length);
          System.arraycopy(bytes, 0, models.get(which), at, bytes.length);
          continue;
        }
        random.nextBytes(bytes);
        images.get(which).write(at, ByteBuffer.wrap(bytes));
        System.arraycopy(bytes, 0, models.get(which), at, bytes.length);
      }
    }

    for (int i = 0; i < images.size(); i++) {
      byte[] found = new byte[SIZE];
      images.get(i).read(0, ByteBuffer.wrap(found));
      assertThat(Arrays.equals(found, models.get(i))).as("image %s", i).isTrue();
      int from = random.nextInt(SIZE + 1);
      int to = from + random.nextInt(SIZE - from + 1);
      int data = (int) images.get(i).nextData(from, to);
      assertThat(data).isBetween(from, to);
      assertThat(Arrays.copyOfRange(found, from, data)).isEqualTo(new byte[data - from]);
    }
  }

  @Test
  void forgetsTheChunksThatAreZeroed() {
    SparseImage image = new SparseImage(SIZE);
    image.write(0, ByteBuffer.wrap(new byte[SIZE]));
    assertThat(image.nextData(5, SIZE)).isEqualTo(5);

    image.zero(1, SIZE - 1);
    assertThat(image.nextData(1, SIZE)).isEqualTo(1);
    assertThat(image.nextData(SparseImage.CHUNK_BYTES, SIZE)).isEqualTo(SIZE);
    image.zero(0, SparseImage.CHUNK_BYTES);
    assertThat(image.nextData(0, SIZE)).isEqualTo(SIZE);
  }

  /** Also with chunks that others share, and whether or not it was asked before. */
  @Property(tries = 200)
  void hasTheHashOfAnImageWithTheSameBytesHoweverItCameToThem(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 20) int steps) {
    Random random = new Random(seed);
    List<SparseImage> images = new ArrayList<>(List.of(new SparseImage(SIZE)));

    for (int step = 0; step < steps; step++) {
      SparseImage image = images.get(random.nextInt(images.size()));
      if (random.nextInt(3) == 0) {
        images.add(image.snapshot());
      } else {
        int at = random.nextInt(SIZE);
        byte[] bytes = new byte[random.nextInt(SIZE - at) + 1];
        if (random.nextBoolean()) {
          random.nextBytes(bytes);
        }
        image.write(at, ByteBuffer.wrap(bytes));
      }
      if (random.nextBoolean()) {
        assertThat(image.contentHash()).isEqualTo(copyOf(image).contentHash());
      }
    }

    for (SparseImage image : images) {
      assertThat(image.contentHash()).isEqualTo(copyOf(image).contentHash());
    }
  }

  private static SparseImage copyOf(SparseImage image) {
    byte[] bytes = new byte[SIZE];
    image.read(0, ByteBuffer.wrap(bytes));
    SparseImage copy = new SparseImage(SIZE);
    copy.write(0, ByteBuffer.wrap(bytes));
    return copy;
  }

  @Property(tries = 200)
  void isCutToItsFirstBytes(@ForAll long seed, @ForAll @IntRange(max = SIZE) int size) {
    Random random = new Random(seed);
    SparseImage whole = new SparseImage(SIZE);
    byte[] bytes = new byte[random.nextInt(SIZE) + 1];
    random.nextBytes(bytes);
    int at = random.nextInt(SIZE - bytes.length + 1);
    whole.write(at, ByteBuffer.wrap(bytes));
    byte[] before = new byte[SIZE];
    whole.read(0, ByteBuffer.wrap(before));

    SparseImage cut = whole.truncated(size);

    byte[] first = Arrays.copyOf(before, size);
    SparseImage expected = new SparseImage(size);
    expected.write(0, ByteBuffer.wrap(first));
    assertThat(cut.size()).isEqualTo(size);
    assertThat(cut.contentHash()).isEqualTo(expected.contentHash());
    byte[] found = new byte[size];
    cut.read(0, ByteBuffer.wrap(found));
    assertThat(Arrays.equals(found, first)).isTrue();
    cut.write(0, ByteBuffer.wrap(new byte[size]));
    assertThat(whole.contentHash()).isEqualTo(copyOf(whole).contentHash());
    byte[] after = new byte[SIZE];
    whole.read(0, ByteBuffer.wrap(after));
    assertThat(Arrays.equals(after, before)).isTrue();
  }

  @Test
  void tellsByTheHashImagesThatDifferInOneBitItsPlaceOrTheSize() {
    SparseImage one = new SparseImage(SIZE);
    one.write(5, ByteBuffer.wrap(new byte[] {1}));
    SparseImage another = new SparseImage(SIZE);
    another.write(5, ByteBuffer.wrap(new byte[] {3}));
    SparseImage elsewhere = new SparseImage(SIZE);
    elsewhere.write(5 + SparseImage.CHUNK_BYTES, ByteBuffer.wrap(new byte[] {1}));
    SparseImage longer = new SparseImage(SIZE + 1);
    longer.write(5, ByteBuffer.wrap(new byte[] {1}));

    assertThat(List.of(one, another, elsewhere, longer, new SparseImage(SIZE)))
        .extracting(SparseImage::contentHash)
        .doesNotHaveDuplicates();
  }
}
