// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of Linux that Java has no words for, through JNA. Only this class names JNA's, so that
 * all others work where it is not there.
 */
final class LinuxCalls {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxCalls.class);

  // See open(2), flock(2) and posix_fadvise(2); the same on all of Linux's architectures that Java
  // runs
  // on, but for those of MIPS, PA-RISC, SPARC and Alpha.
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_APPEND = 02000;
  static final int O_CLOEXEC = 02000000;
  static final int LOCK_SH = 1;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;
  static final int LOCK_UN = 8;
  static final int POSIX_FADV_DONTNEED = 4;
  static final int EAGAIN = 11;
  static final int EBUSY = 16;

  /** The C library. */
  interface C extends Library {
    int open(String path, int flags, int mode) throws LastErrorException;

    int close(int descriptor) throws LastErrorException;

    int flock(int descriptor, int operation) throws LastErrorException;
  }

  /** Holds the library, so that it is looked for when it is first needed. */
  private static final class Holder {
    static final @Nullable C LIBRARY = load();

    private static @Nullable C load() {
      try {
        return Platform.isLinux() ? Native.load("c", C.class) : null;
      } catch (LinkageError e) {
        LOG.debug("JNA cannot be used", e);
        return null;
      }
    }
  }

  private LinuxCalls() {}

  /** The C library; null on other systems, and where JNA or its native part is missing. */
  static @Nullable C library() {
    try {
      return Holder.LIBRARY;
    } catch (LinkageError withoutJna) {
      LOG.debug("JNA is not there", withoutJna);
      return null;
    }
  }
}
