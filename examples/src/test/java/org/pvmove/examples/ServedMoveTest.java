// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ascii;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.plan.MoveRequest;
import org.pvmove.volume.UserFirst;

/** Clients that people have notice nothing of a move beneath the volumes that they use. */
@Tag("tools")
@Timeout(300)
class ServedMoveTest {
  private static final int CHUNK = 16 << 10;
  private static final UserFirst SLOW = new UserFirst(32 << 10, 0.02);

  @TempDir private Path directory;
  private Images images;

  /** What becomes of the move. */
  enum Move {
    PLAIN,
    ATOMIC,
    ABORTED
  }

  @BeforeEach
  void makeImages() throws IOException {
    RequiredTools.requireNbdClients();
    images = Images.busy(directory);
  }

  private MoveBeneathUsers serve(double holdAt) throws IOException {
    return new MoveBeneathUsers(images, directory.resolve("s"), SLOW, holdAt);
  }

  private MoveRequest.Builder offTheFirst() {
    return MoveRequest.from(images.name(0));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    RequiredTools.Output output = RequiredTools.run(Map.of(), List.of(command));
    assertThat(output.exitCode()).as(output.text()).isZero();
    return output.text();
  }

  /** Writes to all volumes at random, and verifies what it wrote soon and at the end. */
  private String fio(MoveBeneathUsers served, String... more)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "fio",
            "--verify_state_save=0",
            "--name=global",
            "--directory=" + directory,
            "--ioengine=nbd",
            "--rw=randwrite",
            "--bsrange=4k-64k",
            "--iodepth=8",
            "--fsync=32",
            "--randseed=4711",
            "--verify=crc32c",
            "--verify_fatal=1"));
    command.addAll(Arrays.asList(more));
    // Two jobs share a volume, half and half.
    for (String job : new String[] {"home 0 2m", "home 2m 2m", "data 0 3m", "data 3m 3m"}) {
      command.addAll(job(served, job));
    }
    command.addAll(job(served, "mirror 0 256k"));
    return run(command.toArray(new String[0]));
  }

  private static List<String> job(MoveBeneathUsers served, String job) {
    String[] words = job.split(" ", -1);
    return List.of(
        "--name=" + words[0] + words[1],
        "--uri=" + served.uri(words[0]),
        "--offset=" + words[1],
        "--size=" + words[2]);
  }

  @ParameterizedTest
  @EnumSource
  void fioVerifiesEveryBlockThatItWritesDuringAMove(Move move) throws Exception {
    // Held near its end, so that it lasts longer than fio; to be aborted before that.
    try (MoveBeneathUsers served = serve(move == Move.ABORTED ? 0.4 : 0.95)) {
      Future<String> writing =
          served.start(() -> fio(served, "--loops=2", "--verify_backlog=16", "--rate=,2m,"));
      served.awaitUse();
      Future<MoveOutcome> moving = served.move(offTheFirst().atomic(move == Move.ATOMIC).build());
      if (move == Move.ABORTED) {
        served.awaitHold();
        served.stop();
        served.release();
        assertThat(moving.get()).isInstanceOf(MoveOutcome.Stopped.class);
        served.abort();
        assertThat(writing.isDone()).as("fio has ended before the move").isFalse();
      }
      String printed = writing.get();
      int steps = served.steps();
      int checkpoints = served.checkpoints();
      System.out.printf(
          "fio during a move (%s): %d steps, %d checkpoints;%s%n",
          Ascii.toLowerCase(move.name()), steps, checkpoints, issued(printed));
      assertThat(steps).isGreaterThan(20);
      if (move == Move.ATOMIC) {
        assertThat(checkpoints).isZero();
      } else {
        assertThat(checkpoints).isGreaterThan(2);
      }
      assertThat(printed).contains("err= 0").doesNotContain("verify:");
      Map<String, ByteBuffer> contents = contents(served);
      if (move != Move.ABORTED) {
        assertThat(moving.isDone()).isFalse();
        served.goOn();
        assertThat(moving.get()).isInstanceOf(MoveOutcome.Completed.class);
      }
      assertEverywhere(served, contents);
    }
    assertThat(images.isMoveInProgress()).isFalse();
    assertThat(images.used(0) == 0).isEqualTo(move != Move.ABORTED);
  }

  /** How many requests of each job fio counts. */
  static String issued(String printed) {
    return printed
        .lines()
        .filter(line -> line.contains("issued rwts"))
        .map(line -> line.replaceAll(".*total=([0-9]+),([0-9]+),.*", " $1 reads, $2 writes"))
        .collect(Collectors.joining(";"));
  }

  private static Map<String, ByteBuffer> contents(MoveBeneathUsers served) throws IOException {
    Map<String, ByteBuffer> contents = new HashMap<>();
    for (String lv : MoveBeneathUsers.LVS) {
      contents.put(lv, served.read(lv));
    }
    return contents;
  }

  /** Checks what users see, and what is on the disks, both images of the mirror included. */
  private static void assertEverywhere(MoveBeneathUsers served, Map<String, ByteBuffer> contents)
      throws IOException {
    assertThat(contents(served)).isEqualTo(contents);
    for (String lv : new String[] {"home", "data"}) {
      assertThat(served.readFromDisks(lv)).as(lv).isEqualTo(contents.get(lv));
    }
    for (int i = 0; i < 2; i++) {
      assertThat(served.readFromDisks("mirror_mimage_" + i))
          .as("image %d of the mirror", i)
          .isEqualTo(contents.get("mirror"));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "ATOMIC"})
  void qemuReadsWhatItWroteDuringAMove(Move move) throws Exception {
    long seed = Long.getLong("pvmove.served.seed", 1);
    Random random = new Random(seed);
    int rounds = 0;
    byte[] patterns;
    try (MoveBeneathUsers served = serve(0.9)) {
      patterns = new byte[Math.toIntExact(served.read("data").remaining() / CHUNK)];
      qemuIo(served, List.of("write -z 0 " + (long) patterns.length * CHUNK));
      Future<MoveOutcome> moving = served.move(offTheFirst().atomic(move == Move.ATOMIC).build());
      while (!served.isHeld()) {
        qemuIo(served, round(random, patterns));
        rounds++;
      }
      int steps = served.steps();
      System.out.printf(
          "%d rounds of qemu-io during %d steps of a move (%s), seed %d%n",
          rounds, steps, Ascii.toLowerCase(move.name()), seed);
      assertThat(rounds).isGreaterThan(1);
      assertThat(moving.isDone()).isFalse();
      served.goOn();
      qemuIo(served, round(random, patterns));
      assertThat(moving.get()).isInstanceOf(MoveOutcome.Completed.class);
      qemuIo(served, round(random, patterns));
      assertEverywhere(served, contents(served));
      ByteBuffer bytes = served.readFromDisks("data");
      for (int i = 0; i < bytes.limit(); i++) {
        if (bytes.get(i) != patterns[i / CHUNK]) {
          assertThat(bytes.get(i)).as("byte %d, seed %d", i, seed).isEqualTo(patterns[i / CHUNK]);
        }
      }
    }
    assertThat(images.used(0)).isZero();
  }

  /** Some commands of qemu-io at random; what is read has been written, now or earlier. */
  private static List<String> round(Random random, byte[] patterns) {
    List<String> commands = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      int first = random.nextInt(patterns.length);
      int count = 1 + random.nextInt(Math.min(12, patterns.length - first));
      String range = (long) first * CHUNK + " " + (long) count * CHUNK;
      byte pattern = (byte) (1 + random.nextInt(255));
      switch (random.nextInt(8)) {
        case 0 -> {
          commands.add("write -z " + range);
          Arrays.fill(patterns, first, first + count, (byte) 0);
        }
        // Says only that nobody needs the bytes; a server may keep them, as this one does.
        case 1 -> commands.add("discard " + range);
        case 2 -> commands.add("flush");
        case 3, 4, 5 -> {
          String fua = random.nextBoolean() ? "-f " : "";
          commands.add("write %s-P %d %s".formatted(fua, Byte.toUnsignedInt(pattern), range));
          Arrays.fill(patterns, first, first + count, pattern);
        }
        default -> {
          for (int chunk = first; chunk < first + count; chunk++) {
            commands.add(
                "read -P %d %d %d"
                    .formatted(Byte.toUnsignedInt(patterns[chunk]), (long) chunk * CHUNK, CHUNK));
          }
        }
      }
    }
    return commands;
  }

  private static void qemuIo(MoveBeneathUsers served, List<String> commands)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "raw", "-t", "none"));
    for (String each : commands) {
      command.add("-c");
      command.add(each);
    }
    command.add(served.uri("data"));
    String printed = run(command.toArray(new String[0]));
    assertThat(printed).doesNotContain("failed", "error");
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "ATOMIC"})
  void copiesAreEqualBeforeInTheMiddleAndAfterAMove(Move move) throws Exception {
    try (MoveBeneathUsers served = serve(0.5)) {
      for (String lv : MoveBeneathUsers.LVS) {
        run("nbdcopy", served.uri(lv), copy(lv));
      }
      Future<MoveOutcome> moving = served.move(offTheFirst().atomic(move == Move.ATOMIC).build());
      served.awaitHold();
      compare(served);
      // These read while the rest is moved.
      served.release();
      compare(served);
      served.goOn();
      assertThat(moving.get()).isInstanceOf(MoveOutcome.Completed.class);
      compare(served);
    }
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  private String copy(String lv) {
    return directory.resolve(lv + ".copy").toString();
  }

  private void compare(MoveBeneathUsers served) throws IOException, InterruptedException {
    for (String lv : MoveBeneathUsers.LVS) {
      assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", copy(lv), served.uri(lv)))
          .contains("Images are identical.");
    }
  }
}
