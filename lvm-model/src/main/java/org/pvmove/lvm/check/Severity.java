// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lvm.check;

/** What follows from a violation, the gravest first. */
public enum Severity {
  /** LVM2 refuses to read the volume group, or takes it as corrupt. */
  UNREADABLE,
  /** LVM2 reads the volume group but refuses to write it, or writing it would not be safe. */
  UNWRITABLE,
  /** Odd, but accepted. */
  NOTICE
}
