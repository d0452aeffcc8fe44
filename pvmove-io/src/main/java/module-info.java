// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Block devices: bytes only, without knowledge of LVM. */
@NullMarked
module org.pvmove.io {
  requires static com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires static com.sun.jna;
  requires com.google.common;
  requires jdk.unsupported;
  requires org.slf4j;

  exports org.pvmove.io;
  exports org.pvmove.io.testing;
}
