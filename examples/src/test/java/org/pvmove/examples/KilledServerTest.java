// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Iterables;
import com.google.common.collect.ObjectArrays;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pvmove.device.DeviceSet;
import org.pvmove.examples.nbd.BusyClient;
import org.pvmove.io.Access;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MoveRequest;

/**
 * Kills a program that serves volumes while it moves extents beneath them, and starts it again.
 *
 * <p>{@code -Dpvmove.served.kills=N} says how often, {@code -Dpvmove.served.seed=N} repeats the
 * choices as far as the machine is as fast as it was.
 */
@Timeout(3600)
class KilledServerTest {
  private static final int TRIES = 5;
  private static final int KILLS = Integer.getInteger("pvmove.served.kills", 3);

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.busy(directory);
  }

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private ChildProgram startServing(String... more) throws IOException {
    String[] program = {
      "-Xmx128m",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      System.getProperty("java.class.path"),
      ServeVolumes.class.getName(),
      "--devices",
      images.devices(),
      "--socket",
      socket().toString()
    };
    ChildProgram server = ChildProgram.java(ObjectArrays.concat(program, more, String.class));
    assertThat(server.awaitLine(line -> line.contains("Serving vg/mirror")))
        .as(server.output())
        .isTrue();
    return server;
  }

  private Path socket() {
    return directory.resolve("s");
  }

  /** Clients of all volumes, each in a thread of its own. */
  private List<Future<Boolean>> use(Map<String, BusyClient> clients) {
    List<Future<Boolean>> use = new ArrayList<>();
    for (BusyClient client : clients.values()) {
      use.add(threads.submit(() -> client.use(UnixDomainSocketAddress.of(socket()))));
    }
    return use;
  }

  private static void assertServerGone(List<Future<Boolean>> use, boolean gone) throws Exception {
    for (Future<Boolean> each : use) {
      assertThat(each.get()).isEqualTo(gone);
    }
  }

  @Test
  void clientsFindWhatTheyFlushedWhenTheServerIsKilledDuringAMove() throws Exception {
    long seed = Long.getLong("pvmove.served.seed", 1);
    System.out.printf("%d kills of a server, seed %d%n", KILLS, seed);
    Random random = new Random(seed);
    int inTheMiddle = 0;
    for (int kill = 1; kill <= KILLS; kill++) {
      images = Images.busy(directory);
      inTheMiddle += killAndRestart(kill, seed, random) ? 1 : 0;
    }
    System.out.printf("%d of %d kills were in the middle of the move%n", inTheMiddle, KILLS);
    assertThat(inTheMiddle).isGreaterThanOrEqualTo((KILLS + 1) / 2);
  }

  /** Returns whether the kill left a move in progress. */
  private boolean killAndRestart(int kill, long seed, Random random) throws Exception {
    boolean atomic = random.nextBoolean();
    boolean abort = random.nextBoolean();
    int lines = 1 + random.nextInt(atomic ? 9 : 24);
    VolumeGroup before = images.group().volumeGroup();
    VolumeGroup planned = Iterables.getLast(versions(before, atomic));
    Map<String, BusyClient> clients = new LinkedHashMap<>();
    for (String lv : MoveBeneathUsers.LVS) {
      clients.put(lv, new BusyClient("vg/" + lv, size(before, lv), random.nextLong()));
    }
    String[] move =
        atomic
            ? new String[] {"--from", images.name(0), "--atomic"}
            : new String[] {"--from", images.name(0)};
    try (ChildProgram server =
        startServing(
            ObjectArrays.concat(
                move, new String[] {"--share", "0.06", "--step", "32k"}, String.class))) {
      List<Future<Boolean>> use = use(clients);
      for (BusyClient client : clients.values()) {
        assertThat(client.awaitFilled()).isTrue();
      }
      AtomicInteger seen = new AtomicInteger();
      server.awaitLine(line -> line.contains("pvmove0") && seen.getAndIncrement() == lines);
      server.awaitEnd(Duration.ofNanos(random.nextLong(30_000_000)));
      server.kill();
      server.exitCode();
      assertServerGone(use, true);
    }
    boolean moving = images.isMoveInProgress();
    int undecided = clients.values().stream().mapToInt(BusyClient::undecided).sum();
    String what =
        "kill %d of a server, seed %d, %s move, line %d, %s in progress, %d blocks undecided, %s"
            .formatted(
                kill,
                seed,
                atomic ? "atomic" : "plain",
                lines,
                moving ? "still" : "not",
                undecided,
                abort ? "to be given up" : "to be carried on");
    System.out.println(what);
    checkOnDisks(clients, List.of("home", "data"));

    try (ChildProgram server = startServing(abort ? new String[] {"--abort"} : move)) {
      List<Future<Boolean>> use = use(clients);
      boolean over = server.awaitLine(line -> line.contains("No move is in progress"));
      assertThat(over).as("%s%n%s", what, server.output()).isTrue();
      clients.values().forEach(BusyClient::stop);
      assertServerGone(use, false);
      server.terminate();
      server.exitCode();
      assertThat(server.output()).as(what).doesNotContain("Not served", "xception");
    }
    checkOnDisks(clients, List.of("home", "data"));
    for (int i = 0; i < 2; i++) {
      clients.get("mirror").checkAll(onDisks("mirror_mimage_" + i));
    }
    Map<String, String> places = places(images.group().volumeGroup());
    assertThat(images.isMoveInProgress()).as(what).isFalse();
    if (!abort || !moving) {
      boolean moved = !abort || images.used(0) == 0;
      assertThat(places).as(what).isEqualTo(places(moved ? planned : before));
    } else if (atomic) {
      assertThat(places).as(what).isEqualTo(places(before));
    } else {
      assertOneOrOther(places, places(before), places(planned));
    }
    clients.values().forEach(client -> System.out.println("  " + client.work()));
    return moving;
  }

  private static long size(VolumeGroup vg, String lv) {
    return vg.extentSize().toBytes(vg.logicalVolume(lv).orElseThrow().extentCount());
  }

  /** The versions of the volume group that the move will make. */
  private Iterable<VolumeGroup> versions(VolumeGroup before, boolean atomic) {
    return images
        .plan(MoveRequest.from(images.name(0)).atomic(atomic).build())
        .replay(before, PvmoveEdits.Origin.random(new SecureRandom(), "test", 0));
  }

  private void checkOnDisks(Map<String, BusyClient> clients, List<String> lvs) throws IOException {
    for (String lv : lvs) {
      clients.get(lv).checkAll(onDisks(lv));
    }
  }

  /** Reads a volume where the metadata on the disks say that it is. */
  private BusyClient.Reading onDisks(String lv) {
    return (offset, target) -> {
      try (DeviceSet devices = DeviceSet.open(Access.READ_ONLY, images.paths())) {
        new LogicalVolumeBytes(devices.scan().volumeGroup("vg"), lv).read(offset, target);
      }
    };
  }

  /** Where each extent is, by volume, extent of a stripe, and stripe. */
  private static Map<String, String> places(VolumeGroup vg) {
    Map<String, String> places = new HashMap<>();
    for (LogicalVolume lv : vg.logicalVolumes()) {
      for (Segment segment : lv.segments()) {
        int stripes = segment.areas().size();
        for (int stripe = 0; stripe < stripes; stripe++) {
          if (segment.areas().get(stripe) instanceof Area.Physical on) {
            for (long i = 0; i < segment.extentCount() / stripes; i++) {
              places.put(
                  "%s:%d:%d".formatted(lv.name(), segment.firstExtent() / stripes + i, stripe),
                  on.pv() + ":" + (on.extent() + i));
            }
          }
        }
      }
    }
    return places;
  }

  private static void assertOneOrOther(
      Map<String, String> places, Map<String, String> before, Map<String, String> after) {
    assertThat(places.keySet()).isEqualTo(before.keySet());
    places.forEach(
        (extent, place) ->
            assertThat(place).as(extent).isIn(before.get(extent), after.get(extent)));
  }

  @Test
  @Tag("tools")
  void fioFindsWhatItFlushedWhenTheServerIsKilledDuringAMove() throws Exception {
    RequiredTools.requireNbdClients();
    for (String[] next : new String[][] {{"--abort"}, {"--from", images.name(0)}}) {
      for (int i = 1; !killWhileFioHasWritten(); i++) {
        // An idle move may be faster than the first client.
        assertThat(i).as("kills after the end of the move").isLessThan(TRIES);
      }
      try (ChildProgram server = startServing(next)) {
        RequiredTools.Output verified = run(fio("home", "--verify_only", "--verify=crc32c"));
        assertThat(verified.exitCode()).as(verified.text()).isZero();
        assertThat(verified.text()).contains("err= 0").doesNotContain("verify:");
        assertThat(server.awaitLine(line -> line.contains("No move is in progress"))).isTrue();
        verified = run(fio("home", "--verify_only", "--verify=crc32c"));
        assertThat(verified.exitCode()).as(verified.text()).isZero();
        System.out.printf(
            "fio after a kill (%s): %s%n", next[0], ServedMoveTest.issued(verified.text()));
        server.terminate();
        server.exitCode();
      }
      assertThat(images.isMoveInProgress()).isFalse();
    }
  }

  /** Returns whether the kill left a move in progress. */
  private boolean killWhileFioHasWritten() throws Exception {
    images = Images.busy(directory);
    // Somebody who is at work when the server dies, and keeps the move slow until then. Not fio:
    // that would go on asking a connection that is dead.
    BusyClient other = new BusyClient("vg/data", size(images.group().volumeGroup(), "data"), 1);
    try (ChildProgram server =
        startServing("--from", images.name(0), "--share", "0.001", "--step", "32k")) {
      List<Future<Boolean>> use = use(Map.of("data", other));
      assertThat(other.awaitFilled()).isTrue();
      RequiredTools.Output written =
          run(fio("home", "--do_verify=0", "--end_fsync=1", "--verify=crc32c"));
      assertThat(written.exitCode()).as(written.text()).isZero();
      server.kill();
      server.exitCode();
      assertServerGone(use, true);
    }
    other.checkAll(onDisks("data"));
    return images.isMoveInProgress();
  }

  private static RequiredTools.Output run(String... command)
      throws IOException, InterruptedException {
    return RequiredTools.run(Map.of(), List.of(command));
  }

  private String[] fio(String lv, String... more) {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "fio",
            "--name=" + lv,
            "--verify_state_save=0",
            "--ioengine=nbd",
            "--uri=nbd+unix:///vg/" + lv + "?socket=" + socket(),
            "--rw=randwrite",
            "--bsrange=4k-64k",
            "--size=3m",
            "--iodepth=8",
            "--randseed=4711"));
    command.addAll(List.of(more));
    return command.toArray(new String[0]);
  }

  @Test
  void stopsAtACheckpointAndEndsInOrderOnSigterm() throws Exception {
    for (int i = 1; !terminateDuringAMove(); i++) {
      assertThat(i).as("signals after the end of the move").isLessThan(TRIES);
    }
  }

  /** Returns whether it left a move in progress. */
  private boolean terminateDuringAMove() throws Exception {
    images = Images.busy(directory);
    BusyClient client = new BusyClient("vg/home", size(images.group().volumeGroup(), "home"), 1);
    String output;
    try (ChildProgram server =
        startServing("--from", images.name(0), "--share", "0.001", "--step", "32k")) {
      List<Future<Boolean>> use = use(Map.of("home", client));
      assertThat(client.awaitFilled()).isTrue();
      assertThat(server.awaitLine(line -> line.contains("pvmove0"))).isTrue();
      server.terminate();
      server.exitCode();
      assertServerGone(use, true);
      output = server.output();
    }
    assertThat(output).doesNotContain("xception");
    assertThat(socket()).doesNotExist();
    client.checkAll(onDisks("home"));
    if (!images.isMoveInProgress()) {
      return false;
    }
    assertThat(output)
        .contains("Stopping at the next safe point.", "pvmove0: stopped on request. To carry");
    return true;
  }

  @Test
  void saysWhichVolumeItDoesNotServeAndWhy() throws Exception {
    images.addSnapshot("home", 1, 60);
    try (ChildProgram server = startServing()) {
      assertThat(server.awaitLine(line -> line.contains("No move"))).isTrue();
      assertThat(server.output())
          .contains(
              "Not served: vg/snap: expected logical volume snap to be one that can be mapped")
          .contains("Serving vg/home", "Serving vg/data");
      // The end of the standard input is an end, too.
      server.endInput();
      assertThat(server.exitCode()).isZero();
    }
  }
}
