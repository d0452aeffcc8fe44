// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Plans moves of physical extents, carries them out and survives a crash at any instant. */
@NullMarked
module org.pvmove.core {
  requires static com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires transitive com.google.common;
  requires transitive org.pvmove.io;
  requires transitive org.pvmove.lvm;
  requires org.slf4j;

  exports org.pvmove;
  exports org.pvmove.device;
  exports org.pvmove.execute;
  exports org.pvmove.place;
  exports org.pvmove.plan;
  exports org.pvmove.volume;
}
