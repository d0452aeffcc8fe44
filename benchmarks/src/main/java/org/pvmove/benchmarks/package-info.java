// SPDX-License-Identifier: Apache-2.0
/** JMH benchmarks. Run them with {@code java -jar benchmarks/target/benchmarks.jar}. */
@NullMarked
package org.pvmove.benchmarks;

import org.jspecify.annotations.NullMarked;
