// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;

/** A browser without a window, which shows tests what people would see. */
final class Chromium {
  private static final int PATIENCE_SECONDS = 120;

  private final Path directory;
  private int runs;

  /**
   * Creates it.
   *
   * @param directory for its files
   */
  Chromium(Path directory) {
    this.directory = directory;
  }

  /** What a file looks like in a window of that size, to users who prefer light or dark. */
  BufferedImage screenshot(Path page, int width, int height, boolean dark)
      throws IOException, InterruptedException {
    Path picture = directory.resolve("screenshot" + runs + ".png");
    // 0 is dark, 1 is light.
    run(
        page,
        width,
        height,
        "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1),
        "--screenshot=" + picture);
    return ImageIO.read(picture.toFile());
  }

  /** The elements of a page after its scripts have run, in a window of that size. */
  String elements(Path page, int width, int height) throws IOException, InterruptedException {
    return run(page, width, height, "--dump-dom");
  }

  private String run(Path page, int width, int height, String... more)
      throws IOException, InterruptedException {
    Path profile = Files.createDirectory(directory.resolve("profile" + runs));
    Path output = directory.resolve("output" + runs);
    Path log = directory.resolve("log" + runs);
    runs++;
    List<String> command =
        new ArrayList<>(
            List.of(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--user-data-dir=" + profile,
                "--window-size=" + width + "," + height));
    command.addAll(List.of(more));
    command.add(page.toUri().toString());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(log.toFile())
            .start();
    process.getOutputStream().close();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
      throw new AssertionError("Chromium did not end: " + Files.readString(log));
    }
    if (process.exitValue() != 0) {
      throw new AssertionError("Chromium failed: " + Files.readString(log));
    }
    return Files.readString(output, StandardCharsets.UTF_8);
  }
}
