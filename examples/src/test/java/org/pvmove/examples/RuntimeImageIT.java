// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program with the Java it needs, for systems without: the script {@code examples/image} makes
 * it, in the profile {@code image}. It is unpacked elsewhere here, and runs in an empty
 * environment.
 */
class RuntimeImageIT {
  private static final String ARCHIVE =
      System.getProperty("pvmove.image", "target/pvmove-image.tar.gz");

  private static final Pattern LIBRARY =
      Pattern.compile("^\\s*(?:.* => )?(/.*) \\(0x[0-9a-f]+\\)$", Pattern.MULTILINE);

  @TempDir private static Path unpacked;
  private static Path image;

  @TempDir private Path directory;

  @BeforeAll
  static void unpack() throws Exception {
    Path elsewhere = Files.createDirectory(unpacked.resolve("some where"));
    RequiredTools.Output tar =
        RequiredTools.run(Map.of(), List.of("tar", "-C", elsewhere.toString(), "-xzf", ARCHIVE));
    assertThat(tar.exitCode()).as(tar.text()).isZero();
    image = elsewhere.resolve("pvmove-image");
  }

  @Test
  void movesWithoutAnyOtherJava() throws Exception {
    Images images = Images.small(directory);
    RequiredTools.Output move = pvmove(Map.of(), "--devices", images.devices(), images.name(0));
    assertThat(move.text()).endsWith(images.name(0) + ": Moved: 100.00%");
    assertThat(move.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @Test
  void takesLocksForWhichItNeedsItsNativePart() throws Exception {
    Images images = Images.small(directory);
    Path locks = Files.createDirectory(directory.resolve("locks"));
    RequiredTools.Output move =
        pvmove(
            Map.of(),
            "--devices",
            images.devices(),
            "--locking-dir",
            locks.toString(),
            images.name(0));
    assertThat(move.text()).endsWith(images.name(0) + ": Moved: 100.00%");
    assertThat(move.exitCode()).isZero();
  }

  @Test
  void startsWithClassesThatArePrepared() throws Exception {
    Images images = Images.small(directory);
    Path log = directory.resolve("classes");
    RequiredTools.Output plan =
        pvmove(
            Map.of("JDK_JAVA_OPTIONS", "-Xshare:on -Xlog:class+load:file=" + log),
            "--devices",
            images.devices(),
            "--plan",
            images.name(0));
    assertThat(plan.exitCode()).as(plan.text()).isZero();
    List<String> loaded = Files.readAllLines(log);
    assertThat(loaded)
        .anyMatch(line -> line.contains("org.pvmove.PvMover source: shared objects file"));
    long prepared = loaded.stream().filter(line -> line.contains("shared objects file")).count();
    assertThat(prepared).isGreaterThan(loaded.size() * 3L / 4);
  }

  @Test
  void startsThroughASymbolicLink() throws Exception {
    Path link = directory.resolve("pvmove");
    Files.createSymbolicLink(link, image.resolve("bin/pvmove"));
    RequiredTools.Output version =
        run(Map.of("PATH", System.getenv("PATH")), List.of(link.toString(), "--version"));
    assertThat(version.text()).matches("pvmove for Java \\d+\\.\\d+\\.\\d+\\S*");
  }

  @Test
  void endsWithTheExitCodesOfPvmove() throws Exception {
    assertThat(pvmove(Map.of(), "--nonsense").exitCode()).isEqualTo(3);
    assertThat(pvmove(Map.of(), "--devices", "none.img").exitCode()).isEqualTo(5);
  }

  @Test
  void bringsTheDemonstration() throws Exception {
    RequiredTools.Output shown =
        run(
            Map.of(),
            List.of(
                image.resolve("bin/java").toString(),
                "-Djava.io.tmpdir=" + directory,
                "-m",
                "org.pvmove.program/org.pvmove.examples.Demonstration"));
    assertThat(shown.text())
        .endsWith("a.img is empty, no move is in progress, and every byte is right.");
    assertThat(shown.exitCode()).isZero();
  }

  /** A kernel, its /proc, a shell and the C library, and the libraries that its Java names. */
  @Test
  @Tag("tools")
  void movesOnASystemThatHasNextToNothing() throws Exception {
    RequiredTools.requireChangeOfRoot();
    Images images = Images.small(directory);
    Path root = Files.createDirectory(directory.resolve("root"));
    Files.createDirectory(root.resolve("proc"));
    Path shell = programOnPath("busybox");
    copyTo(root.resolve("bin/sh"), shell);
    for (String library : libraries(shell)) {
      copyTo(root.resolve(library.substring(1)), Path.of(library));
    }
    RequiredTools.Output copied =
        RequiredTools.run(
            Map.of(), List.of("cp", "-a", image.toString(), root.resolve("pvmove").toString()));
    assertThat(copied.exitCode()).as(copied.text()).isZero();
    for (Path path : images.paths()) {
      Files.move(path, root.resolve(path.getFileName()));
    }

    String inside =
        "mount -t proc proc \"$0/proc\" && exec env -i \"$(command -v chroot)\" \"$0\""
            + " /pvmove/bin/pvmove --devices /a.img,/b.img,/c.img --locking-dir / /a.img";
    RequiredTools.Output move =
        RequiredTools.run(
            Map.of(), List.of("unshare", "--mount", "sh", "-c", inside, root.toString()));
    for (Path path : images.paths()) {
      Files.move(root.resolve(path.getFileName()), path);
    }
    assertThat(move.text()).endsWith("/a.img: Moved: 100.00%");
    assertThat(move.exitCode()).isZero();
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  /** The files of the system that the image's own files, and that program, are linked with. */
  private static Set<String> libraries(Path program) throws IOException, InterruptedException {
    ImmutableList.Builder<String> command =
        ImmutableList.<String>builder().add("ldd", program.toString());
    try (Stream<Path> files = Files.walk(image)) {
      files
          .filter(
              file -> file.endsWith("bin/java") || file.getFileName().toString().endsWith(".so"))
          .forEach(file -> command.add(file.toString()));
    }
    Set<String> libraries = new TreeSet<>();
    LIBRARY
        .matcher(RequiredTools.run(Map.of(), command.build()).text())
        .results()
        .map(match -> match.group(1))
        .filter(library -> !Path.of(library).startsWith(image))
        .forEach(libraries::add);
    assertThat(libraries).anyMatch(library -> library.contains("/libc."));
    return libraries;
  }

  private static void copyTo(Path to, Path from) throws IOException {
    MoreFiles.createParentDirectories(to);
    Files.copy(from, to);
  }

  private static Path programOnPath(String name) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  private static RequiredTools.Output pvmove(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return run(
        environment,
        ImmutableList.<String>builder()
            .add(image.resolve("bin/pvmove").toString())
            .add(arguments)
            .build());
  }

  /** Runs a program in this environment and no other. */
  private static RequiredTools.Output run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(ImmutableMap.copyOf(environment));
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new RequiredTools.Output(process.waitFor(), text.strip());
  }
}
