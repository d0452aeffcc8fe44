// SPDX-License-Identifier: Apache-2.0
/**
 * JMH benchmarks. Run them with {@code java -jar benchmarks/target/benchmarks.jar}. Beside them
 * {@code benchmarks/compare} compares whole moves with dd(1) and cp(1).
 */
@NullMarked
package org.pvmove.benchmarks;

import org.jspecify.annotations.NullMarked;
