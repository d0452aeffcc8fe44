// SPDX-License-Identifier: Apache-2.0
package org.pvmove.benchmarks;

import com.google.common.collect.ObjectArrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks. Without arguments all of them, and prints a table of what they found; with
 * arguments, which are those of JMH ({@code -h} explains them), what these ask for.
 */
public final class Benchmarks {
  private static final String LVM = LvmBenchmark.class.getName();

  private Benchmarks() {}

  /** The program. */
  public static void main(String[] args) throws Exception {
    @Nullable String missing = RealLvm.missing();
    if (missing != null) {
      System.err.println("skipped " + LVM + ", since it needs " + missing);
    }
    if (args.length > 0) {
      String[] without = {"-e", LVM};
      org.openjdk.jmh.Main.main(
          missing == null ? args : ObjectArrays.concat(args, without, String.class));
      return;
    }
    ChainedOptionsBuilder options = new OptionsBuilder().addProfiler(GCProfiler.class);
    if (missing != null) {
      options.exclude(LVM);
    }
    Collection<RunResult> results = new Runner(options.build()).run();
    System.out.println(ScaleTable.of(results));
  }
}
