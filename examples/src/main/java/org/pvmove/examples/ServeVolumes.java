// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.examples.nbd.NbdServer;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveListener;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.io.Access;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.StatusFlag;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.plan.MoveRequest;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Rejection;
import org.pvmove.volume.LiveVolumes;
import org.pvmove.volume.LogicalVolumeDevice;
import org.pvmove.volume.UnmappableVolumeException;
import org.pvmove.volume.UserFirst;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Serves the logical volumes of a volume group to virtual machines and other clients of the NBD
 * protocol, and moves extents beneath them meanwhile. What the process is killed in the middle of,
 * the next start carries on while it serves.
 */
@Command(
    name = "ServeVolumes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "",
      "Serves every logical volume that can be mapped over NBD. Moves in progress are carried on"
          + " first, or given up with --abort; then everything is moved off a physical volume, if"
          + " one is named. Serving goes on until SIGTERM, Ctrl-C or the end of the standard input,"
          + " which stop a move at its last checkpoint.",
      ""
    })
public final class ServeVolumes implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--devices",
      required = true,
      split = ",",
      paramLabel = "PATH",
      description = "The image files or block devices that make up the volume group. Repeatable.")
  private List<Path> paths = new ArrayList<>();

  @Option(
      names = "--volume-group",
      paramLabel = "NAME",
      description = "Which volume group, by name or uuid, where there are several.")
  private @Nullable String volumeGroup;

  @Option(
      names = "--socket",
      required = true,
      paramLabel = "PATH",
      description = "The unix socket to listen on. Who may use its directory may use the volumes.")
  private Path socket = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "PV",
      description = "Move everything off this physical volume.")
  private @Nullable String from;

  @Option(names = "--atomic", description = "Move everything or nothing.")
  private boolean atomic;

  @Option(names = "--abort", description = "Give up moves in progress instead of carrying them on.")
  private boolean abort;

  @Option(
      names = "--share",
      paramLabel = "PART",
      description =
          "Which part of the time copying may take while clients are busy: above 0, at most 1;"
              + " 0.25 by default.")
  private double share = UserFirst.USUAL.share();

  @Option(
      names = "--step",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description =
          "How much is copied at once while clients are busy: from 4k to 1m; 128k by default.")
  private long stepBytes = UserFirst.USUAL.stepBytes();

  /** It is time to end. */
  private final CountDownLatch enough = new CountDownLatch(1);

  private volatile @Nullable PvMover mover;

  private ServeVolumes() {}

  /** Runs the program and ends the virtual machine with its exit code. */
  public static void main(String... arguments) {
    System.exit(
        new CommandLine(new ServeVolumes())
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler(Troubles::wrongCommandLine)
            .setExecutionExceptionHandler(
                (e, commandLine, parsed) -> Troubles.failed(e, console(commandLine)))
            .execute(arguments));
  }

  private static Console console(CommandLine commandLine) {
    return new Console(commandLine.getOut(), commandLine.getErr(), Console.Detail.NORMAL);
  }

  @Override
  public Integer call() throws CommandException, IOException, InterruptedException {
    CommandLine commandLine = Objects.requireNonNull(spec).commandLine();
    Console console = console(commandLine);
    UserFirst userFirst = userFirst(commandLine);
    // Closed last, so that a signal does not end the process before everything is closed.
    try (StopOnSignal signals = new StopOnSignal(console);
        DeviceSet devices = DeviceSet.open(Access.READ_WRITE, paths)) {
      signals.watch(this::end);
      endWithStandardInput();
      Groups groups = new Groups(devices.scan());
      StoredVolumeGroup group = choose(groups);
      Groups.requireUsable(group);
      group.findings().forEach(console::complain);
      String id = group.volumeGroup().id().toString();
      try (LiveVolumes volumes = LiveVolumes.builder(devices, id).userFirst(userFirst).open()) {
        ImmutableMap<String, LogicalVolumeDevice> served = open(volumes, group, console);
        removeStaleSocket();
        boolean done;
        try (NbdServer server =
            NbdServer.start(UnixDomainSocketAddress.of(socket), served, console::complain)) {
          served.keySet().forEach(name -> console.say(serving(name, server)));
          PvMover moving =
              PvMover.builder(devices, id).volumes(volumes).listener(new Teller(console)).build();
          mover = moving;
          done = move(moving, groups, console);
          enough.await();
        }
        for (LogicalVolumeDevice device : served.values()) {
          device.flush();
        }
        return done ? ExitCode.DONE : ExitCode.FAILED;
      }
    }
  }

  private UserFirst userFirst(CommandLine commandLine) {
    try {
      return new UserFirst(Math.toIntExact(stepBytes), share);
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw new ParameterException(commandLine, "--step, --share: " + Texts.reason(e), e);
    }
  }

  private void end() {
    enough.countDown();
    PvMover moving = mover;
    if (moving != null) {
      moving.stop();
    }
  }

  /** Whoever has started this and is gone need not be served. */
  private void endWithStandardInput() {
    Thread reader =
        new Thread(
            () -> {
              try {
                System.in.transferTo(OutputStream.nullOutputStream());
              } catch (IOException e) {
                // Nobody can say anything more, which is an end, too.
              }
              end();
            },
            "standard input");
    reader.setDaemon(true);
    reader.start();
  }

  private StoredVolumeGroup choose(Groups groups) throws CommandException {
    ImmutableList<StoredVolumeGroup> found =
        groups.all().stream()
            .filter(group -> volumeGroup == null || isNamed(group.volumeGroup(), volumeGroup))
            .collect(ImmutableList.toImmutableList());
    if (found.size() != 1) {
      throw CommandException.wrongCommandLine(
          "expected one volume group%s on the devices, found %d: name one with --volume-group"
              .formatted(volumeGroup == null ? "" : " \"" + volumeGroup + "\"", found.size()));
    }
    return found.get(0);
  }

  private static boolean isNamed(VolumeGroup vg, String name) {
    return vg.name().equals(name) || vg.id().toString().equals(name);
  }

  /** Opens the volumes that can be mapped, and says which cannot. */
  private static ImmutableMap<String, LogicalVolumeDevice> open(
      LiveVolumes volumes, StoredVolumeGroup group, Console console) throws IOException {
    ImmutableMap.Builder<String, LogicalVolumeDevice> opened = ImmutableMap.builder();
    for (LogicalVolume lv : group.volumeGroup().logicalVolumes()) {
      if (lv.flags().has(StatusFlag.VISIBLE)) {
        try {
          LogicalVolumeDevice device = volumes.open(lv.name());
          opened.put(device.name(), device);
        } catch (UnmappableVolumeException e) {
          console.complain(
              "Not served: %s/%s: %s"
                  .formatted(group.volumeGroup().name(), lv.name(), Texts.reason(e)));
        }
      }
    }
    return opened.buildOrThrow();
  }

  private static String serving(String name, NbdServer server) {
    return "Serving %s at %s".formatted(name, server.uri(name));
  }

  /** A process that was killed leaves its socket behind, where nobody listens any more. */
  private void removeStaleSocket() throws CommandException, IOException {
    if (!Files.exists(socket)) {
      return;
    }
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      throw CommandException.failed(
          "%s: expected that nobody listens there, found that somebody does (%s)"
              .formatted(socket, channel.getRemoteAddress()));
    } catch (ConnectException e) {
      Files.delete(socket);
    }
  }

  // ---- moving

  /** Returns whether nothing is left to be moved. */
  private boolean move(PvMover moving, Groups groups, Console console)
      throws CommandException, IOException {
    boolean done = isOver(abort ? moving.abort() : moving.resume(), console);
    if (done && from != null && !isEnding()) {
      groups.findSource(from);
      PlanResult result =
          moving.plan(MoveRequest.from(groups.inDeviceNames(from)).atomic(atomic).build());
      if (result instanceof PlanResult.Rejected rejected) {
        rejected.reasons().forEach(reason -> console.complain("Not moved: " + reason.message()));
        // So it is after a restart that has carried the move on.
        done = rejected.reasons().stream().allMatch(Rejection.NothingToMove.class::isInstance);
      } else {
        done = isOver(moving.execute(result.orElseThrow()), console);
      }
    }
    if (done) {
      console.say("No move is in progress.");
    }
    return done;
  }

  private static boolean isOver(MoveOutcome outcome, Console console) {
    if (outcome instanceof MoveOutcome.Stopped stopped) {
      console.complain(
          "%s: %s. To carry it on, start again; to give it up, with --abort."
              .formatted(stopped.move(), stopped.reason()));
      return false;
    }
    return true;
  }

  private boolean isEnding() {
    return enough.getCount() == 0;
  }

  /** Tells how far a move is, and stops it when it is time to end. */
  private final class Teller implements MoveListener {
    private final Console console;
    private long tenths;

    Teller(Console console) {
      this.console = console;
    }

    @Override
    public void on(MoveEvent event) {
      if (event instanceof MoveEvent.Started started) {
        tenths = started.bytesDone() * 10 / started.bytes();
        say(event, "%d of %d segments moved".formatted(started.segmentsDone(), started.segments()));
      } else if (event instanceof MoveEvent.Copied copied) {
        long now = copied.bytesDone() * 10 / copied.bytes();
        if (now > tenths) {
          tenths = now;
          say(event, 10 * tenths + "% copied");
        }
      } else if (event instanceof MoveEvent.Checkpoint checkpoint) {
        checkpoint
            .segments()
            .keySet()
            .forEach(index -> say(event, "segment %d moved".formatted(index + 1)));
      } else if (event instanceof MoveEvent.Finished finished) {
        say(event, finished.aborted() ? "Given up" : "Moved");
      }
      // A stop that came before the mover's work began would be forgotten.
      if (isEnding()) {
        end();
      }
    }

    private void say(MoveEvent event, String what) {
      console.say(event.move() + ": " + what);
    }
  }
}
