// SPDX-License-Identifier: Apache-2.0
/**
 * The binary structures of an LVM2 physical volume as values: label, metadata area header, and
 * where the metadata text lies in the ring behind it. No input or output: callers read and write
 * the bytes.
 *
 * <p>Start with {@link org.pvmove.lvm.disk.LabelScan} for the first sectors of a device, go on to
 * {@link org.pvmove.lvm.disk.MetadataAreaHeader} for each metadata area the label lists, and use
 * {@link org.pvmove.lvm.disk.PvFormat} to lay out a new physical volume.
 *
 * <p>All integers on disk are little endian and a sector is 512 bytes whatever the device's own
 * block size. Offsets and sizes are in bytes. An offset is counted from the start of the device,
 * except in {@link org.pvmove.lvm.disk.TextLocation}, where the format counts from the start of the
 * metadata area. All types are immutable and thread-safe.
 */
@NullMarked
package org.pvmove.lvm.disk;

import org.jspecify.annotations.NullMarked;
