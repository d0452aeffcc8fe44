// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The files that devices of this JVM have open for writing.
 *
 * <p>A POSIX record lock belongs to the process, and closing <em>any</em> descriptor of the file
 * releases it. So the lock of a writer would be gone as soon as a second device in the same JVM,
 * open for reading or failing to open for writing, is closed. Hence a second writer is refused
 * before it opens the file, and channels of readers stay open until the writer closes.
 */
final class OpenFiles {
  /** What opens a channel for writing and locks it. */
  @FunctionalInterface
  interface Opener {
    AsynchronousFileChannel open(Path path) throws IOException;
  }

  /** Files with a writer, each with the channels that are to be closed after the writer's. */
  @GuardedBy("OpenFiles.class")
  private static final Map<Object, List<AsynchronousFileChannel>> WRITTEN = new HashMap<>();

  private OpenFiles() {}

  /**
   * @param fileKey identity of the file
   * @throws DeviceInUseException if this JVM already has a writer for it
   */
  static AsynchronousFileChannel openAsOnlyWriter(Path path, Object fileKey, Opener opener)
      throws IOException {
    synchronized (OpenFiles.class) {
      if (WRITTEN.putIfAbsent(fileKey, new ArrayList<>()) != null) {
        throw new DeviceInUseException(path.toString(), "another device in this process");
      }
    }
    try {
      return opener.open(path);
    } catch (Throwable e) {
      closeAll(removeWriter(fileKey));
      throw e;
    }
  }

  static void closeWriter(Object fileKey, AsynchronousFileChannel channel) throws IOException {
    try {
      channel.close();
    } finally {
      closeAll(removeWriter(fileKey));
    }
  }

  static void closeReader(Object fileKey, AsynchronousFileChannel channel) throws IOException {
    synchronized (OpenFiles.class) {
      List<AsynchronousFileChannel> closeLater = WRITTEN.get(fileKey);
      if (closeLater != null) {
        closeLater.add(channel);
        return;
      }
      // Closed under the monitor: a writer that came in now would lose its lock.
      channel.close();
    }
  }

  private static List<AsynchronousFileChannel> removeWriter(Object fileKey) {
    synchronized (OpenFiles.class) {
      List<AsynchronousFileChannel> closeLater = WRITTEN.remove(fileKey);
      return closeLater == null ? List.of() : closeLater;
    }
  }

  private static void closeAll(List<AsynchronousFileChannel> channels) throws IOException {
    for (AsynchronousFileChannel channel : channels) {
      channel.close();
    }
  }
}
