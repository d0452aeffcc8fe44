// SPDX-License-Identifier: Apache-2.0
package org.pvmove.io;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.IOException;
import java.io.Serial;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of Linux that Java has no words for, through JNA. Only classes within this one name
 * JNA's, and none of these is loaded before it is needed: all else works where JNA is not there.
 */
final class LinuxCalls {
  private static final Logger LOG = LoggerFactory.getLogger(LinuxCalls.class);

  // See open(2) and flock(2); the same on all of Linux's architectures that Java runs on, but for
  // those of MIPS, PA-RISC, SPARC and Alpha.
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

  // See lseek(2) and fallocate(2).
  private static final int SEEK_DATA = 3;
  static final int FALLOC_FL_KEEP_SIZE = 0x01;
  static final int FALLOC_FL_PUNCH_HOLE = 0x02;
  static final int FALLOC_FL_NO_HIDE_STALE = 0x04;
  static final int FALLOC_FL_ZERO_RANGE = 0x10;

  // See errno(3) and, for the numbers, Linux's asm-generic/errno.h.
  static final int EINTR = 4;
  private static final int ENXIO = 6;
  static final int EAGAIN = 11;
  static final int EBUSY = 16;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int ENOSPC = 28;
  static final int ENOSYS = 38;
  static final int EOPNOTSUPP = 95;

  /** A call that failed. */
  static final class ErrnoException extends IOException {
    @Serial private static final long serialVersionUID = 1L;

    private final int errno;

    private ErrnoException(LastErrorException failure) {
      super(failure.getMessage(), failure);
      this.errno = failure.getErrorCode();
    }

    int errno() {
      return errno;
    }
  }

  /** The calls. */
  interface Calls {
    int open(String path, int flags, int mode) throws ErrnoException;

    void close(int descriptor) throws ErrnoException;

    void flock(int descriptor, int operation) throws ErrnoException;

    /**
     * The next byte that is not in a hole; {@link Long#MAX_VALUE} if there are only holes up to the
     * end. Moves the descriptor's offset there. Fails with {@link #ENOSYS} where the C library
     * takes offsets of 32 bits only.
     */
    long seekData(int descriptor, long from) throws ErrnoException;

    /** Fails with {@link #ENOSYS} where the C library takes offsets of 32 bits only. */
    void fallocate(int descriptor, int mode, long offset, long length) throws ErrnoException;
  }

  /** The C library; its functions are bound to these methods, which costs less than a proxy. */
  private static final class C {
    private C() {}

    static void bind() {
      Native.register(C.class, "c");
    }

    static native int open(String path, int flags, int mode) throws LastErrorException;

    static native int close(int descriptor) throws LastErrorException;

    static native int flock(int descriptor, int operation) throws LastErrorException;

    // With these arguments only where off_t has 64 bits, which it has wherever long has. It does
    // not throw, since what it fails with most is no failure: that there is no more data.
    static native long lseek(int descriptor, long offset, int whence);

    static native int fallocate(int descriptor, int mode, long offset, long length)
        throws LastErrorException;
  }

  private static final class JnaCalls implements Calls {
    @Override
    public int open(String path, int flags, int mode) throws ErrnoException {
      try {
        return C.open(path, flags, mode);
      } catch (LastErrorException e) {
        throw new ErrnoException(e);
      }
    }

    @Override
    public void close(int descriptor) throws ErrnoException {
      try {
        C.close(descriptor);
      } catch (LastErrorException e) {
        throw new ErrnoException(e);
      }
    }

    @Override
    public void flock(int descriptor, int operation) throws ErrnoException {
      try {
        C.flock(descriptor, operation);
      } catch (LastErrorException e) {
        throw new ErrnoException(e);
      }
    }

    @Override
    public long seekData(int descriptor, long from) throws ErrnoException {
      checkOffsets();
      long found = C.lseek(descriptor, from, SEEK_DATA);
      if (found >= 0) {
        return found;
      }
      int errno = Native.getLastError();
      if (errno == ENXIO) {
        return Long.MAX_VALUE;
      }
      throw new ErrnoException(new LastErrorException(errno));
    }

    @Override
    public void fallocate(int descriptor, int mode, long offset, long length)
        throws ErrnoException {
      checkOffsets();
      try {
        C.fallocate(descriptor, mode, offset, length);
      } catch (LastErrorException e) {
        throw new ErrnoException(e);
      }
    }

    private static void checkOffsets() throws ErrnoException {
      if (Native.LONG_SIZE != Long.BYTES) {
        throw new ErrnoException(new LastErrorException(ENOSYS));
      }
    }
  }

  /** Holds the library, so that it is looked for when it is first needed. */
  private static final class Holder {
    static final @Nullable Calls CALLS = load();

    private static @Nullable Calls load() {
      try {
        if (!Platform.isLinux()) {
          return null;
        }
        C.bind();
        return new JnaCalls();
      } catch (LinkageError e) {
        LOG.debug("JNA cannot be used", e);
        return null;
      }
    }
  }

  private LinuxCalls() {}

  /**
   * Begins to look for the library, on another thread: in a virtual machine that has just started
   * that takes as long as many a commit, and whoever opens a device to write will ask for it.
   */
  static void prepare() {
    ForkJoinPool.commonPool().execute(LinuxCalls::calls);
  }

  /** The calls; null on other systems, and where JNA or its native part is missing. */
  static @Nullable Calls calls() {
    try {
      return Holder.CALLS;
    } catch (LinkageError withoutJna) {
      LOG.debug("JNA is not there", withoutJna);
      return null;
    }
  }
}
