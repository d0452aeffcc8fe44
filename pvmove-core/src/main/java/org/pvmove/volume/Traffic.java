// SPDX-License-Identifier: Apache-2.0
package org.pvmove.volume;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pvmove.io.BlockDevice;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.volume.LiveCopy.Twin;
import org.pvmove.volume.VolumeMap.Kind;
import org.pvmove.volume.VolumeMap.Piece;
import org.pvmove.volume.VolumeMap.Place;

/**
 * The requests of all users of the volumes of a group, and the copying beneath them.
 *
 * <p>What is written to a place that is being copied is written to the copy too, where that has got
 * to it. Writes to the same place take turns, with each other and with the copying, so that both
 * places hold the same in the end. Reads do not: what has been written is at the place that counts
 * before it can be at any other, and which place counts changes only while no request is under way.
 */
final class Traffic {
  private static final long ACTIVE_NANOS = 100_000_000;

  /** How soon it is noticed that copying is to stop. */
  private static final long LOOK_NANOS = 20_000_000;

  private final Function<LvmUuid, BlockDevice> devices;
  private final Turns turns = new Turns();
  private final Fanout fanout = new Fanout();

  /** Fair, so that a change of the maps gets its chance between requests. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);

  /** The copies by where on its device their source begins. */
  private final Map<LvmUuid, NavigableMap<Long, LiveCopy>> copies = new ConcurrentHashMap<>();

  /** Physical volumes with places that counted when users wrote there. */
  private final Set<LvmUuid> written = ConcurrentHashMap.newKeySet();

  private final AtomicInteger underWay = new AtomicInteger();
  private volatile long lastEnd = System.nanoTime() - ACTIVE_NANOS;
  private volatile UserFirst userFirst;

  /**
   * No requests yet.
   *
   * @param devices the device of each physical volume
   */
  Traffic(Function<LvmUuid, BlockDevice> devices, UserFirst userFirst) {
    this.devices = devices;
    this.userFirst = userFirst;
  }

  Turns turns() {
    return turns;
  }

  void userFirst(UserFirst value) {
    userFirst = value;
  }

  /** A request of a user, until it is closed: the maps do not change meanwhile. */
  final class Request implements AutoCloseable {
    private Request() {}

    @Override
    public void close() {
      lastEnd = System.nanoTime();
      underWay.decrementAndGet();
      gate.readLock().unlock();
    }
  }

  /** Begins a request of a user. */
  Request begin() {
    gate.readLock().lock();
    underWay.incrementAndGet();
    return new Request();
  }

  /** Changes the maps while no request is under way; those that come wait. */
  void exchange(Runnable change) {
    gate.writeLock().lock();
    try {
      change.run();
    } finally {
      gate.writeLock().unlock();
    }
  }

  void close() {
    fanout.close();
  }

  // ---- copies

  /** Begins a copy, in place of an earlier one of the same source. */
  void add(LiveCopy copy) {
    copies
        .computeIfAbsent(copy.source().pv(), pv -> new ConcurrentSkipListMap<>())
        .put(copy.source().byteOffset(), copy);
  }

  /** Forgets a copy. */
  void remove(LiveCopy copy) {
    NavigableMap<Long, LiveCopy> onDevice = copies.get(copy.source().pv());
    if (onDevice != null) {
      onDevice.remove(copy.source().byteOffset(), copy);
    }
  }

  /** Forgets copies whose destination counts now, so that it is one of the places written to. */
  void taken(LiveCopy copy) {
    written.add(copy.destinationPv());
    remove(copy);
  }

  /** Forgets copies of which a commit that failed left it open whether they count. */
  void removeUndecided() {
    for (NavigableMap<Long, LiveCopy> onDevice : copies.values()) {
      for (LiveCopy copy : onDevice.values()) {
        if (copy.isUndecided()) {
          // If the destination counts, what was written there need not be durable yet.
          taken(copy);
        }
      }
    }
  }

  /** Forgets physical volumes that the group has no more. */
  void retain(Set<LvmUuid> pvs) {
    written.retainAll(pvs);
  }

  private List<Twin> twins(Place place, long count) {
    NavigableMap<Long, LiveCopy> onDevice = copies.get(place.pv());
    if (onDevice == null || onDevice.isEmpty()) {
      return List.of();
    }
    long end = place.byteOffset() + count;
    List<Twin> twins = new ArrayList<>();
    Long first = onDevice.floorKey(place.byteOffset());
    for (LiveCopy copy :
        onDevice.subMap(first == null ? place.byteOffset() : first, true, end, false).values()) {
      Twin twin = copy.twin(place.byteOffset(), end);
      if (twin != null) {
        twins.add(twin);
      }
    }
    return twins;
  }

  // ---- requests

  /** Fills a buffer from pieces, as long together as the buffer has room. */
  void read(List<Piece> pieces, ByteBuffer target, Reading how) throws IOException {
    int at = target.position();
    for (Piece piece : pieces) {
      ByteBuffer slice = target.slice(at, (int) piece.byteCount());
      switch (piece.kind()) {
        case ZERO -> zero(slice);
        case ERROR -> throw unusable(piece);
        case DATA -> readPlaces(piece, slice, how);
      }
      at += slice.capacity();
    }
  }

  /** How bytes are read from a device. */
  interface Reading {
    void read(BlockDevice device, long byteOffset, ByteBuffer target) throws IOException;
  }

  private static void zero(ByteBuffer slice) {
    while (slice.remaining() >= Long.BYTES) {
      slice.putLong(0);
    }
    while (slice.hasRemaining()) {
      slice.put((byte) 0);
    }
  }

  private static IOException unusable(Piece piece) {
    return new IOException(
        "expected bytes %d to %d of the volume to lie on a device, found a segment of type error"
            .formatted(piece.offset(), piece.offset() + piece.byteCount() - 1));
  }

  private void readPlaces(Piece piece, ByteBuffer slice, Reading how) throws IOException {
    Place first = piece.places().get(0);
    try {
      how.read(devices.apply(first.pv()), first.byteOffset(), slice);
    } catch (IOException e) {
      // Another place holds the same only while nobody is writing there.
      Turns.Turn turn = turns.take(ranges(List.of(piece)));
      try {
        readElsewhere(piece, slice, how, e);
      } finally {
        turn.close();
      }
    }
  }

  private void readElsewhere(Piece piece, ByteBuffer slice, Reading how, IOException failure)
      throws IOException {
    for (Place place : others(piece)) {
      try {
        how.read(devices.apply(place.pv()), place.byteOffset(), slice.clear());
        return;
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
    throw failure;
  }

  /** Where else the whole of a piece lies: copies, then other legs. */
  private List<Place> others(Piece piece) {
    List<Place> others = new ArrayList<>();
    for (Place leg : piece.places()) {
      for (Twin twin : twins(leg, piece.byteCount())) {
        if (twin.byteCount() == piece.byteCount() && twin.copy().standsIn()) {
          others.add(twin.place());
        }
      }
    }
    Iterables.addAll(others, Iterables.skip(piece.places(), 1));
    return others;
  }

  /** Writes a buffer to pieces, as long together as the buffer. */
  void write(List<Piece> pieces, ByteBuffer source) throws IOException {
    for (Piece piece : pieces) {
      if (piece.kind() == Kind.ERROR) {
        throw unusable(piece);
      }
    }
    Turns.Turn turn = turns.take(ranges(pieces));
    try {
      int at = source.position();
      for (Piece piece : pieces) {
        ByteBuffer slice = source.slice(at, (int) piece.byteCount());
        if (piece.kind() == Kind.DATA) {
          writePlaces(piece, slice);
        }
        at += slice.capacity();
      }
    } finally {
      turn.close();
    }
  }

  private static ImmutableList<Turns.Range> ranges(List<Piece> pieces) {
    ImmutableList.Builder<Turns.Range> ranges = ImmutableList.builder();
    for (Piece piece : pieces) {
      for (Place place : piece.places()) {
        ranges.add(
            new Turns.Range(
                place.pv(), place.byteOffset(), place.byteOffset() + piece.byteCount()));
      }
    }
    return ranges.build();
  }

  /** A leg of a piece, and what is a copy of a part of it. */
  private record Leg(Place place, List<Twin> twins) {}

  private void writePlaces(Piece piece, ByteBuffer slice) throws IOException {
    List<Leg> legs = new ArrayList<>();
    List<Fanout.Request> requests = new ArrayList<>();
    for (Place place : piece.places()) {
      written.add(place.pv());
      Leg leg = new Leg(place, twins(place, piece.byteCount()));
      legs.add(leg);
      requests.add(() -> write(place, slice.duplicate()));
      for (Twin twin : leg.twins()) {
        int from = (int) (twin.start() - place.byteOffset());
        ByteBuffer part = slice.slice(from, (int) twin.byteCount());
        requests.add(() -> write(twin.place(), part));
      }
    }
    List<@Nullable IOException> failures = fanout.run(requests);
    IOException failure = null;
    int next = 0;
    for (Leg leg : legs) {
      int end = next + 1 + leg.twins().size();
      IOException ofLeg = failure(leg, failures.subList(next, end));
      failure = failure == null ? ofLeg : failure;
      next = end;
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void write(Place place, ByteBuffer bytes) throws IOException {
    devices.apply(place.pv()).write(place.byteOffset(), bytes);
  }

  /**
   * What the failures at a leg and its copies mean for the user.
   *
   * @param failures that of the leg, then those of its twins
   */
  private static @Nullable IOException failure(Leg leg, List<@Nullable IOException> failures) {
    IOException ofLeg = failures.get(0);
    IOException failure = null;
    for (int i = 0; i < leg.twins().size(); i++) {
      Twin twin = leg.twins().get(i);
      IOException ofTwin = failures.get(i + 1);
      if (ofTwin != null) {
        boolean survived = twin.copy().destinationFailed(twin.start(), twin.byteCount(), ofTwin);
        failure = survived ? failure : ofTwin;
      } else if (ofLeg != null) {
        twin.copy().sourceFailed(twin.start(), twin.byteCount(), ofLeg);
      }
    }
    // Even if the destination counts by now: until the maps say so the source is read.
    return ofLeg == null ? failure : ofLeg;
  }

  /** Makes durable, at every place that counts or may come to count, what users have written. */
  void flush() throws IOException {
    // All copies count that there are: one that begins later copies what is written before.
    List<LiveCopy> current = new ArrayList<>();
    copies.values().forEach(onDevice -> current.addAll(onDevice.values()));
    Set<LvmUuid> all = new LinkedHashSet<>(written);
    current.forEach(copy -> all.add(copy.destinationPv()));
    List<LvmUuid> pvs = ImmutableList.copyOf(all);
    List<Fanout.Request> requests = new ArrayList<>();
    for (LvmUuid pv : pvs) {
      requests.add(() -> devices.apply(pv).flush());
    }
    List<@Nullable IOException> failures = fanout.run(requests);
    IOException failure = null;
    for (int i = 0; i < pvs.size(); i++) {
      IOException ofPv = failures.get(i);
      if (ofPv != null) {
        boolean survived = !written.contains(pvs.get(i));
        for (LiveCopy copy : current) {
          if (copy.destinationPv().equals(pvs.get(i))) {
            long start = copy.source().byteOffset();
            survived &= copy.destinationFailed(start, copy.sourceEnd() - start, ofPv);
          }
        }
        failure = survived ? failure : ofPv;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  // ---- pressure

  private boolean inUse() {
    return underWay.get() > 0 || System.nanoTime() - lastEnd < ACTIVE_NANOS;
  }

  int stepBytes(int most) {
    return inUse() ? Math.min(most, userFirst.stepBytes()) : most;
  }

  /** Waits after a step of copying as long as users come first. */
  void giveWay(long stepNanos, BooleanSupplier stopped) {
    long start = System.nanoTime();
    long pause = userFirst.pauseAfter(stepNanos);
    boolean interrupted = false;
    synchronized (this) {
      long left = pause;
      while (left > 0 && inUse() && !stopped.getAsBoolean()) {
        try {
          long wait = Math.min(left, LOOK_NANOS);
          wait(wait / 1_000_000, (int) (wait % 1_000_000));
        } catch (InterruptedException e) {
          interrupted = true;
          break;
        }
        left = pause - (System.nanoTime() - start);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
