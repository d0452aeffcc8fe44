// SPDX-License-Identifier: Apache-2.0
package org.pvmove.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.execute.MoveEvent;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.SystemPvmove;
import org.pvmove.io.Access;
import org.pvmove.io.BlockDevice;
import org.pvmove.io.BlockDevices;
import org.pvmove.io.testing.ForwardingDevice;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/**
 * A guest with volumes in use. Plans are made here, from the images that are the guest's disks, and
 * carried out there by {@link SystemPvmove}, whose {@code lvm} is the guest's.
 */
final class LiveMoveLab {
  /** Volumes that a program writes to all the time. */
  static final ImmutableList<String> WRITTEN = ImmutableList.of("lin", "str", "r1", "t1", "base");

  private static final String VOLUME_GROUP = "live";
  private static final int DISKS = 5;
  private static final long DISK_BYTES = 64 << 20;

  /** Slow enough for a move to be caught under way. */
  private static final int BYTES_PER_SECOND = 4_000_000;

  private final Guest guest;
  private final Path directory;
  private final List<Moved> moves = new ArrayList<>();

  LiveMoveLab(Guest guest, Path directory) {
    this.guest = guest;
    this.directory = directory;
  }

  /**
   * What became of a move.
   *
   * @param name what was moved
   * @param planned where all volumes were to lie after it
   * @param reached the volume group after it
   * @param section where the guest says what the kernel maps
   */
  record Moved(
      String name,
      MoveOutcome outcome,
      ImmutableList<String> planned,
      StoredVolumeGroup reached,
      String section) {}

  record Findings(Guest guest, Console console, List<Moved> moves) {}

  Findings run() throws Exception {
    DiskSet disks = DiskSet.create(directory, VOLUME_GROUP, DISKS, DISK_BYTES);
    Path socket = directory.resolve("console");
    Machine.Setup setup = Machine.of(guest).secondConsole(socket).throttled(BYTES_PER_SECOND);
    setup.script("set -- %s; use $*".formatted(setup.disks(disks.images())));
    setup.script(
        """
        make() { l lvcreate -qq -y "$@"; }
        l pvcreate -qq -ff -y "$@" && l vgcreate -qq -s 512k live "$@"
        make -Wn -l 12 -n lin live $1
        make -Wn --type raid1 -m 1 -l 12 -n r1 live $1 $2
        l lvextend -qq -y -l +12 live/lin $1
        make -Wn -i 2 -l 12 -n str live $1 $2
        make --type thin-pool -l 24 --poolmetadatasize 2M -n pool live $1
        make -Wn -V 6M --thinpool pool -n t1 live
        make -Wn -l 12 -n base live $1
        fill live lin str r1 t1 base
        make -s -l 14 -n bsnap live/base $1
        """);
    for (String volume : WRITTEN) {
      setup.script("section written.%1$s writer live %1$s &".formatted(volume));
    }
    setup.script("agent; touch /tmp/stop; wait; section end l vgchange -qq -an live");
    try (Machine machine = setup.boot();
        DeviceSet devices = open(disks)) {
      machine.await("LAB-AGENT");
      SystemPvmove system =
          SystemPvmove.builder(devices, VOLUME_GROUP)
              .program(RemoteLvm.program(socket))
              .intervalSeconds(1)
              .build();
      Mover mover = new Mover(devices, system, socket, machine);
      mover.move(
          "ranges of a volume", from("/dev/vdb:2-5:20-27").to("/dev/vdd").logicalVolume("lin"));
      mover.move("a volume by name", from("/dev/vdb").to("/dev/vde").logicalVolume("lin"));
      mover.move("a part of a raid", from("/dev/vdb").logicalVolume("r1_rimage_0"));
      mover.move("a thin pool", from("/dev/vdb").to("/dev/vdf").logicalVolume("pool"));
      mover.move(
          "a snapshot and its origin, atomically",
          from("/dev/vdb").to("/dev/vdd").logicalVolume("base", "bsnap").atomic(true));
      mover.stopAndResume(
          "ranges on one disk, stopped and carried on",
          from("/dev/vde").to("/dev/vdb:0-3", "/dev/vdb:8-40"));
      mover.move("whatever is left on a disk", from("/dev/vdb"));
      mover.abort("a move that is given up", from("/dev/vdf").to("/dev/vde"));
      send(socket, "quit");
      return new Findings(guest, machine.end(), moves);
    }
  }

  private static MoveRequest.Builder from(String pv) {
    return MoveRequest.from(pv);
  }

  /** The disks by the names that the guest has for them. */
  private static DeviceSet open(DiskSet disks) throws IOException {
    List<BlockDevice> devices = new ArrayList<>();
    for (Path image : disks.images()) {
      String name = "/dev/vd" + (char) (image.getFileName().toString().charAt(0) + 1);
      devices.add(
          new ForwardingDevice(BlockDevices.open(image, Access.READ_ONLY)) {
            @Override
            public String name() {
              return name;
            }
          });
    }
    return DeviceSet.of(devices.toArray(new BlockDevice[0]));
  }

  /** Tells the guest something, and waits until it has done it. */
  private static void send(Path socket, String line) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        BufferedReader input =
            new BufferedReader(
                new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
      channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
      String reply = input.readLine();
      while (reply != null && !reply.startsWith("@do .")) {
        reply = input.readLine();
      }
      if (reply == null) {
        throw new IOException("the guest does not answer");
      }
    }
  }

  /** Plans and moves. */
  private final class Mover {
    private final DeviceSet devices;
    private final SystemPvmove system;
    private final Path socket;
    private final Machine machine;

    Mover(DeviceSet devices, SystemPvmove system, Path socket, Machine machine) {
      this.devices = devices;
      this.system = system;
      this.socket = socket;
      this.machine = machine;
    }

    void move(String name, MoveRequest.Builder request) throws IOException {
      MovePlan plan = plan(request);
      ImmutableList<String> planned = planned(plan);
      ended(name, system.execute(plan), planned);
    }

    private MovePlan plan(MoveRequest.Builder request) {
      return PvMover.builder(devices, VOLUME_GROUP).build().plan(request.build()).orElseThrow();
    }

    private ImmutableList<String> planned(MovePlan plan) {
      StoredVolumeGroup stored = scan();
      VolumeGroup last =
          Iterables.getLast(
              plan.replay(
                  stored.volumeGroup(), PvmoveEdits.Origin.random(new Random(0), "host", 0)));
      return KernelTables.onDisks(with(stored, last));
    }

    private StoredVolumeGroup scan() {
      return devices.scan(null).volumeGroup(VOLUME_GROUP);
    }

    private void ended(String name, MoveOutcome outcome, ImmutableList<String> planned)
        throws IOException {
      String section = "moved." + moves.size();
      send(socket, "do section " + section + " tables");
      machine.await("@" + section + " \\.");
      moves.add(new Moved(name, outcome, planned, scan(), section));
    }

    void stopAndResume(String name, MoveRequest.Builder request) throws IOException {
      MovePlan plan = plan(request);
      ImmutableList<String> planned = planned(plan);
      stop(plan);
      ended(name, system.resume(plan), planned);
    }

    void abort(String name, MoveRequest.Builder request) throws IOException {
      ImmutableList<String> planned = KernelTables.onDisks(scan());
      MovePlan plan = plan(request.atomic(true));
      stop(plan);
      assertThat(Pvmove.allOf(scan().volumeGroup())).hasSize(1);
      ended(name, system.abort(), planned);
    }

    /** Begins a move, and stops it at the first report of its progress. */
    private void stop(MovePlan plan) throws IOException {
      SystemPvmove[] self = new SystemPvmove[1];
      self[0] =
          SystemPvmove.builder(devices, VOLUME_GROUP)
              .program(RemoteLvm.program(socket))
              .intervalSeconds(1)
              .listener(
                  event -> {
                    if (event instanceof MoveEvent.Copied) {
                      self[0].stop();
                    }
                  })
              .build();
      assertThat(self[0].execute(plan)).isInstanceOf(MoveOutcome.Stopped.class);
    }
  }

  private static StoredVolumeGroup with(StoredVolumeGroup stored, VolumeGroup vg) {
    return new StoredVolumeGroup(
        vg,
        stored.header(),
        stored.devices(),
        stored.findings(),
        stored.barriers(),
        stored.violations());
  }
}
