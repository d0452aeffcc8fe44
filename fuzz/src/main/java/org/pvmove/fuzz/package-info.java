// SPDX-License-Identifier: Apache-2.0
/**
 * Targets that feed hostile bytes to everything that reads a disk. Each has a static method that a
 * coverage-guided fuzzer calls; the tests call it with the inputs worth keeping. A target throws
 * only if the library did what it must not.
 */
@NullMarked
package org.pvmove.fuzz;

import org.jspecify.annotations.NullMarked;
