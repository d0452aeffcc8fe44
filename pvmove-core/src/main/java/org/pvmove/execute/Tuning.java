// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import com.google.common.collect.ImmutableList;
import org.pvmove.io.IoHints;

/**
 * How many blocks are copied at once, and how long they are: begun with what the devices say of
 * themselves, and then by trying what is faster. Disks of virtual machines, for one, say that they
 * rotate. Not thread-safe.
 */
final class Tuning {
  /** Blocks as the devices like them, within these bounds. */
  private static final int LEAST_BLOCK_BYTES = 256 << 10;

  private static final int MOST_BLOCK_BYTES = 1 << 20;

  private static final int ON_ONE_ROTATING_DISK = 0;
  private static final int ON_ROTATING_DISKS = 1;

  /** Time over which a rate is taken. */
  private static final long WINDOW_NANOS = 100_000_000;

  private static final int WINDOW_BLOCKS = 16;

  /** What is faster by less is not worth a change. */
  private static final double BETTER = 1.05;

  /**
   * Windows until something else is tried for the first time: mostly the devices are right, unless
   * they say that they rotate.
   */
  private static final int FIRST_REST = 10;

  /** Windows until something else is tried again. */
  private static final int REST = 20;

  private final ImmutableList<Setting> settings;
  private int home;
  private int tried;
  private int direction = 1;
  private int rest;

  /** Directions in which it was of no use to go on, since the last rest. */
  private int failures;

  private double homeRate;

  private long windowBytes;
  private int windowBlocks;
  private long windowBegan;
  private boolean windowOpen;

  /**
   * How to copy.
   *
   * @param depth blocks at once
   * @param blockBytes length of a block
   */
  record Setting(int depth, int blockBytes) {
    private static int deepest(ImmutableList<Setting> settings) {
      return settings.stream().mapToInt(Setting::depth).max().orElse(0);
    }
  }

  private Tuning(ImmutableList<Setting> settings, int home, int rest) {
    this.settings = settings;
    this.home = home;
    this.tried = home;
    this.rest = rest;
  }

  /** One block after the other, which suits every device. */
  static Tuning oneAtATime() {
    return new Tuning(ImmutableList.of(new Setting(1, BlockLanes.BLOCK_BYTES)), 0, FIRST_REST);
  }

  /**
   * The tuning of copies from one device to another.
   *
   * @param memory bytes that all blocks at once may have
   */
  static Tuning of(IoHints source, IoHints destination, long memory) {
    boolean rotates = source.rotational() || destination.rotational();
    int depth = Math.min(source.queueDepth(), destination.queueDepth());
    if (!rotates && depth == 1) {
      return oneAtATime();
    }
    ImmutableList<Setting> settings =
        ladder(Math.min(source.transferBytes(), destination.transferBytes()));
    while (bytes(settings) > memory) {
      settings = settings.subList(0, settings.size() - 1);
    }
    if (settings.isEmpty()) {
      return oneAtATime();
    }
    int first = 0;
    if (rotates) {
      first =
          source.medium().equals(destination.medium()) ? ON_ONE_ROTATING_DISK : ON_ROTATING_DISKS;
    } else {
      for (int i = 1; i < settings.size(); i++) {
        int here = settings.get(i).depth();
        first = here <= depth && here > settings.get(first).depth() ? i : first;
      }
    }
    return new Tuning(settings, Math.min(first, settings.size() - 1), rotates ? 1 : FIRST_REST);
  }

  /** From what spares the heads of a disk to what keeps a fast one busy. */
  private static ImmutableList<Setting> ladder(int transferBytes) {
    int block = Math.max(LEAST_BLOCK_BYTES, Math.min(transferBytes, MOST_BLOCK_BYTES));
    return ImmutableList.of(
        new Setting(1, 4 * block),
        new Setting(2, block),
        new Setting(4, block),
        new Setting(8, block),
        new Setting(6, 4 * block));
  }

  /** What all blocks occupy in the end: each keeps the place of the longest one it ever was. */
  private static long bytes(ImmutableList<Setting> settings) {
    long sum = 0;
    for (int i = 0; i < Setting.deepest(settings); i++) {
      int block = 0;
      for (Setting setting : settings) {
        block = i < setting.depth() ? Math.max(block, setting.blockBytes()) : block;
      }
      sum += block;
    }
    return sum;
  }

  /** How to copy now. */
  Setting setting() {
    return settings.get(tried);
  }

  /** The most blocks at once that will be asked for. */
  int maxDepth() {
    return Setting.deepest(settings);
  }

  /**
   * A block was copied.
   *
   * @param now a time in nanoseconds
   */
  void copied(long bytes, long now) {
    if (settings.size() == 1) {
      return;
    }
    if (!windowOpen) {
      // The time before belongs to blocks of another setting, or to no block at all.
      windowOpen = true;
      windowBegan = now;
      windowBytes = 0;
      windowBlocks = 0;
      return;
    }
    windowBytes += bytes;
    windowBlocks++;
    long time = now - windowBegan;
    if (time >= WINDOW_NANOS && windowBlocks >= WINDOW_BLOCKS) {
      windowOpen = false;
      windowEnded((double) windowBytes / time);
    }
  }

  private void windowEnded(double rate) {
    if (tried == home) {
      homeRate = rate;
      if (--rest <= 0) {
        tryNext();
      }
    } else if (rate > BETTER * homeRate) {
      home = tried;
      homeRate = rate;
      failures = 0;
      rest = 1;
    } else {
      tried = home;
      turnBack();
    }
  }

  private void tryNext() {
    int next = home + direction;
    if (next >= 0 && next < settings.size()) {
      tried = next;
    } else {
      turnBack();
    }
  }

  private void turnBack() {
    direction = -direction;
    failures = 1 - failures;
    rest = failures == 1 ? 1 : REST;
  }
}
