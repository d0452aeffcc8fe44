// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.graph.EndpointPair;
import com.google.common.graph.Graph;
import com.google.common.graph.GraphBuilder;
import com.google.common.graph.Graphs;
import com.google.common.graph.ImmutableGraph;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.PvMover;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.VolumeGroup;

/**
 * Packages depend on each other in one direction only, in all modules that have more than one; what
 * jdeps(1) finds in their classes counts.
 */
class PackageCyclesTest {
  /** A line of jdeps about two packages, such as {@code a.b -> c.d not found}. */
  private static final Pattern DEPENDENCY =
      Pattern.compile("\\s+(org\\.pvmove[\\w.]*)\\s+-> (org\\.pvmove[\\w.]*)\\s.*");

  private static final List<Class<?>> ONE_OF_EACH_MODULE =
      List.of(VolumeGroup.class, BlockDevice.class, PvMover.class, PvmoveCommand.class);

  @TempDir Path directory;

  private String jdeps() throws Exception {
    for (Class<?> in : ONE_OF_EACH_MODULE) {
      Path classes = Path.of(in.getProtectionDomain().getCodeSource().getLocation().toURI());
      if (Files.isDirectory(classes)) {
        copyPackages(classes);
      } else {
        try (FileSystem jar = FileSystems.newFileSystem(classes)) {
          copyPackages(jar.getPath("/"));
        }
      }
    }
    StringWriter out = new StringWriter();
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    int exit =
        jdeps.run(
            new PrintWriter(out), new PrintWriter(out), "-verbose:package", directory.toString());
    assertThat(exit).as(out.toString()).isZero();
    return out.toString();
  }

  /** Without the descriptor of the module, for which jdeps would ask for all that it requires. */
  private void copyPackages(Path classes) throws IOException {
    try (Stream<Path> all = Files.walk(classes.resolve("org"))) {
      for (Path path : (Iterable<Path>) all::iterator) {
        Path copy = directory.resolve(classes.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(path, copy);
        }
      }
    }
  }

  private static Graph<String> packages(String jdeps) {
    ImmutableGraph.Builder<String> packages = GraphBuilder.directed().immutable();
    for (String line : jdeps.lines().toList()) {
      Matcher dependency = DEPENDENCY.matcher(line);
      if (dependency.matches() && !dependency.group(1).equals(dependency.group(2))) {
        packages.putEdge(dependency.group(1), dependency.group(2));
      }
    }
    return packages.build();
  }

  /** The dependencies that are part of a cycle. */
  private static List<EndpointPair<String>> cyclic(Graph<String> packages) {
    return packages.edges().stream()
        .filter(edge -> Graphs.reachableNodes(packages, edge.target()).contains(edge.source()))
        .toList();
  }

  @Test
  void noPackagesDependOnEachOther() throws Exception {
    Graph<String> packages = packages(jdeps());

    assertThat(packages.edges())
        .contains(
            EndpointPair.ordered("org.pvmove.plan", "org.pvmove.place"),
            EndpointPair.ordered("org.pvmove.device", "org.pvmove.lvm.disk"),
            EndpointPair.ordered("org.pvmove.io.testing", "org.pvmove.io.internal"),
            EndpointPair.ordered("org.pvmove.examples", "org.pvmove.examples.map"));
    assertThat(cyclic(packages)).isEmpty();
  }

  @Test
  void cyclesAreSeen() {
    String found =
        """
           org.pvmove.a     -> org.pvmove.b     classes
           org.pvmove.b     -> java.lang        java.base
           org.pvmove.b     -> org.pvmove.c.d   classes
           org.pvmove.c.d   -> org.pvmove.a     not found
           org.pvmove.c.d   -> org.pvmove.e     classes
        """;

    assertThat(cyclic(packages(found)))
        .containsExactlyInAnyOrder(
            EndpointPair.ordered("org.pvmove.a", "org.pvmove.b"),
            EndpointPair.ordered("org.pvmove.b", "org.pvmove.c.d"),
            EndpointPair.ordered("org.pvmove.c.d", "org.pvmove.a"));
  }
}
