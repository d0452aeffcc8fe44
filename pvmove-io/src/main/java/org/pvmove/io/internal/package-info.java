// SPDX-License-Identifier: Apache-2.0
/** What the packages of this module share and the module does not export. */
@NullMarked
package org.pvmove.io.internal;

import org.jspecify.annotations.NullMarked;
