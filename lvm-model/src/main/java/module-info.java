// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The LVM2 model and its formats: values and pure functions, without input or output. */
@NullMarked
module org.pvmove.lvm {
  requires static com.google.errorprone.annotations;
  requires static transitive org.jspecify;
  requires transitive com.google.common;

  exports org.pvmove.lvm;
  exports org.pvmove.lvm.check;
  exports org.pvmove.lvm.disk;
  exports org.pvmove.lvm.edit;
  exports org.pvmove.lvm.report;
  exports org.pvmove.lvm.text;
}
