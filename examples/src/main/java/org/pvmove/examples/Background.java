// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Splitter;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;

/**
 * Goes on in the background: {@code --background} of pvmove(8). The program starts itself once
 * more, in a session of its own, so that neither the end of a terminal nor its Ctrl-C reaches it.
 * Until the move has begun, or cannot, the first process waits; so its exit code says which it is.
 *
 * <p>The second process writes to a file, but until then its troubles to a pipe to the first one.
 */
final class Background implements MoveListener {
  /** Set for the second process, to the path of the file. */
  private static final String LOG = "PVMOVE_BACKGROUND_LOG";

  /**
   * Where Linux tells the words by which a process was started, whatever virtual machine it has.
   */
  private static final Path WORDS = Path.of("/proc/self/cmdline");

  private static final Path PROGRAM = Path.of("/proc/self/exe");

  /** What the second process says last to the first one. */
  private static final String BEGUN = "The move has begun.";

  private final Path log;
  private boolean begun;

  private Background(Path log) {
    this.log = log;
  }

  /** The second process's end of it; absent in the first one. */
  static @Nullable Background ofThisProcess() {
    String log = System.getenv(LOG);
    return log == null ? null : new Background(Path.of(log));
  }

  /**
   * Starts the second process and waits until the move there has begun or cannot.
   *
   * @param log where it is to write; a new file of its own if absent
   * @return the exit code
   */
  static int start(@Nullable Path log, Console console) throws CommandException, IOException {
    if (!Files.isReadable(WORDS)) {
      throw CommandException.failed(
          "--background: expected a system with %s, found none".formatted(WORDS));
    }
    Path file = logFile(log);
    List<String> words =
        new ArrayList<>(Splitter.on('\0').splitToList(Files.readString(WORDS, UTF_8)));
    // There is a null behind the last word, too.
    words.remove(words.size() - 1);
    words.set(0, Files.readSymbolicLink(PROGRAM).toString());
    words.add(0, "setsid");
    ProcessBuilder second =
        new ProcessBuilder(words)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(file.toFile()));
    second.environment().put(LOG, file.toString());
    Process process;
    try {
      process = second.start();
    } catch (IOException e) {
      throw CommandException.failed(
          "--background: expected the program setsid (util-linux or busybox), found that it cannot be"
              + " started: "
              + Texts.reason(e));
    }
    Thread giveUp = new Thread(process::destroy, "stop in the background");
    Runtime.getRuntime().addShutdownHook(giveUp);
    boolean begun = passOn(process, console);
    Runtime.getRuntime().removeShutdownHook(giveUp);
    if (begun) {
      console.say("Going on in the background, as process %d.".formatted(process.pid()));
      console.say("To watch:   tail -f " + Texts.quoted(file.toString()));
      console.say("To stop it: kill " + process.pid());
      return ExitCode.DONE;
    }
    int exitCode = process.onExit().join().exitValue();
    Files.readAllLines(file).forEach(console::print);
    if (log == null) {
      Files.delete(file);
    }
    return exitCode;
  }

  /** The file to write to, which is there and can be written. */
  private static Path logFile(@Nullable Path log) throws CommandException {
    try {
      if (log == null) {
        return Files.createTempFile("pvmove-", ".log");
      }
      Path file = log.toAbsolutePath();
      Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      return file;
    } catch (IOException e) {
      throw CommandException.wrongCommandLine(
          "--log: expected a file that can be written, found that %s cannot: %s"
              .formatted(log == null ? "a new one" : log, Texts.reasonAlone(e)));
    }
  }

  /** Passes on what the second process complains of; returns whether the move has begun. */
  private static boolean passOn(Process process, Console console) throws IOException {
    boolean begun = false;
    try (BufferedReader troubles = process.errorReader()) {
      for (String line = troubles.readLine(); line != null; line = troubles.readLine()) {
        if (line.equals(BEGUN)) {
          begun = true;
        } else {
          console.complain(line.strip());
        }
      }
    }
    return begun;
  }

  /** Standard error as it is now, which changes when the move begins. */
  PrintWriter standardError() {
    return new PrintWriter(
        new Writer() {
          @Override
          public void write(char[] text, int offset, int length) {
            System.err.print(new String(text, offset, length));
          }

          @Override
          public void flush() {
            System.err.flush();
          }

          @Override
          public void close() {}
        },
        true);
  }

  /** When a move begins or goes on, the first process is let go. */
  @Override
  public void on(MoveEvent event) {
    if (begun) {
      return;
    }
    begun = true;
    PrintStream pipe = System.err;
    try {
      System.setErr(
          new PrintStream(
              new FileOutputStream(log.toFile(), true), true, Charset.defaultCharset()));
    } catch (FileNotFoundException e) {
      throw new UncheckedIOException(e);
    }
    pipe.println(BEGUN);
    pipe.close();
  }
}
