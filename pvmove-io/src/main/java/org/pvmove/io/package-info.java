// SPDX-License-Identifier: Apache-2.0
/**
 * Block devices: bytes at offsets, and when they are durable. Nothing here knows of LVM.
 *
 * <p>Start with {@link org.pvmove.io.BlockDevice}, which embedders implement for storage of their
 * own, and {@link org.pvmove.io.BlockDevices}, which opens image files and Linux block devices and
 * wraps devices. What this package promises about power loss and about errors is what {@link
 * org.pvmove.io.testing} simulates.
 *
 * <p>Offsets and sizes are in bytes throughout. Wrong arguments are unchecked exceptions; trouble
 * with a device is an {@link java.io.IOException} that names the device and the place.
 */
@NullMarked
package org.pvmove.io;

import org.jspecify.annotations.NullMarked;
