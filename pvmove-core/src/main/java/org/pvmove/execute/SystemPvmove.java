// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pvmove.device.DeviceSet;
import org.pvmove.device.StoredVolumeGroup;
import org.pvmove.device.VolumeGroupChangedException;
import org.pvmove.lvm.LvmException;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;
import org.pvmove.lvm.edit.PvmoveEdits;
import org.pvmove.plan.LvmCommand;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.PvNames;
import org.pvmove.plan.SystemPlan;

/**
 * Carries moves out through LVM2's own pvmove(8) of this host, which moves volumes that are in use:
 * the kernel keeps writes to them and the copy in step.
 *
 * <p>LVM2 is told exactly what the plan says, see {@link SystemPlan}, and is not believed: after
 * each command the metadata are read back, and only what lies where the plan wants it counts as
 * moved. Nothing is locked or written here; LVM2 does both.
 *
 * <p>Where the volumes are inactive {@link org.pvmove.PvMover} is to be preferred: the kernel
 * copies on when the source cannot be read, and does not tell; LVM2 activates the volumes, and
 * leaves them active. {@link org.pvmove.PvMover#executorFor} says which of the two a plan needs.
 *
 * <p>One call at a time; {@link #stop()} may be called from any thread.
 */
public final class SystemPvmove {
  private static final ImmutableList<String> LVM = ImmutableList.of("lvm");

  private final DeviceSet devices;
  private final String volumeGroup;
  private final ImmutableList<String> program;
  private final int intervalSeconds;
  private final MoveListener listener;
  private volatile boolean stopped;
  private volatile @Nullable LvmProcess running;

  private SystemPvmove(Builder builder) {
    this.devices = builder.devices;
    this.volumeGroup = builder.volumeGroup;
    this.program = builder.program;
    this.intervalSeconds = builder.intervalSeconds;
    this.listener = builder.listener;
  }

  /**
   * Starts to build an executor.
   *
   * @param devices the devices that make up the volume group, by the paths that LVM2 knows; they
   *     may be open for reading only
   * @param volumeGroup its name, or its uuid where several bear the name
   */
  public static Builder builder(DeviceSet devices, String volumeGroup) {
    return new Builder(devices, volumeGroup);
  }

  /** What one call is about. */
  private final class Call {
    private final List<String> moves = new ArrayList<>();
    private StoredVolumeGroup now = read();
    private long bytes;

    VolumeGroup vg() {
      return now.volumeGroup();
    }

    Work work() {
      return new Work(bytes, ImmutableList.of(), ImmutableList.of(), ImmutableList.of());
    }

    MoveOutcome completed() {
      return new MoveOutcome.Completed(now, ImmutableList.copyOf(moves), work());
    }

    MoveOutcome.Stopped stopped(String move) {
      return new MoveOutcome.Stopped(now, move, "stopped on request", null, work());
    }

    MoveOutcome.Stopped stopped(String move, Exception failure) {
      return new MoveOutcome.Stopped(
          now, move, String.valueOf(failure.getMessage()), failure, work());
    }

    Optional<Pvmove> move(LvmUuid id) {
      return Pvmove.allOf(vg()).stream().filter(move -> move.id().equals(id)).findFirst();
    }
  }

  /**
   * Carries a plan out.
   *
   * <p>{@link Work#bytesCopied()} of the outcome counts the segments that lie at their new places
   * since; there are no receipts. Each command is a move of its own in {@linkplain MoveEvent
   * events}, by the name that LVM2 gives the next one; that a segment is done is told when its
   * command is over, and how much is copied as LVM2 tells it, to a hundredth of a percent.
   *
   * @throws VolumeGroupChangedException if the volume group is not the version the plan was made
   *     for; LVM2 was not called
   * @throws LvmException if LVM2's pvmove cannot be told to do this, see {@link
   *     SystemPlan.Impossible}; it was not called
   * @throws IOException if LVM2 cannot be called, or refuses what it is called for first ({@link
   *     LvmCommandException}); the volume group is as it was
   */
  public MoveOutcome execute(MovePlan plan) throws IOException {
    Call call = begin();
    if (!call.vg().id().equals(plan.volumeGroupId()) || call.vg().seqno() != plan.seqno()) {
      throw new VolumeGroupChangedException(
          "expected version %d of volume group %s, for which the plan was made, found version %d"
                  .formatted(plan.seqno(), plan.volumeGroup(), call.vg().seqno())
              + ": plan anew");
    }
    if (plan.joined()) {
      LvmUuid move = call.vg().logicalVolume(plan.move()).orElseThrow().id();
      Optional<MoveOutcome> end = join(call, call.move(move).orElseThrow());
      return end.orElseGet(call::completed);
    }
    return run(call, SystemPlan.of(call.vg(), plan, names(call.now)));
  }

  /**
   * Carries on what a plan that was interrupted has left: what lies at its new place is done, a
   * move of it that is under way is carried on, then the other commands follow.
   *
   * @throws VolumeGroupChangedException if something is neither where it was, nor where it shall
   *     be, nor under way there; LVM2 was not called
   * @throws LvmException as {@link #execute(MovePlan)}
   * @throws IOException as {@link #execute(MovePlan)}
   */
  public MoveOutcome resume(MovePlan plan) throws IOException {
    Call call = begin();
    if (!call.vg().id().equals(plan.volumeGroupId())) {
      throw new VolumeGroupChangedException(
          "expected volume group %s (%s), found %s (%s)"
              .formatted(
                  plan.volumeGroup(), plan.volumeGroupId(), call.vg().name(), call.vg().id()));
    }
    Map<Whereabouts.Place, List<MovePlan.Segment>> places = places(call, plan.segments());
    Optional<LvmException> strayed = strayed(places, Whereabouts.Place.ELSEWHERE);
    if (strayed.isPresent()) {
      throw strayed.get();
    }
    requireWhole(plan, places);
    for (Pvmove move : movesOf(call, plan)) {
      Optional<MoveOutcome> end = join(call, move);
      if (end.isPresent()) {
        return end.get();
      }
    }
    places = places(call, plan.segments());
    strayed = strayed(places, Whereabouts.Place.ELSEWHERE, Whereabouts.Place.UNDER_WAY);
    if (strayed.isPresent()) {
      // Others have moved it on meanwhile; what was carried on before is done all the same.
      return call.stopped(plan.move(), strayed.get());
    }
    List<MovePlan.Segment> rest = places.getOrDefault(Whereabouts.Place.SOURCE, List.of());
    return rest.isEmpty()
        ? call.completed()
        : run(call, SystemPlan.ofSegments(call.vg(), rest, plan.atomic(), names(call.now)));
  }

  /** What is wrong if a segment of a plan is where it cannot be moved from. */
  private static Optional<LvmException> strayed(
      Map<Whereabouts.Place, List<MovePlan.Segment>> places, Whereabouts.Place... wrong) {
    return Stream.of(wrong)
        .flatMap(
            place ->
                places.getOrDefault(place, List.of()).stream()
                    .map(segment -> strayed(segment, place)))
        .findFirst();
  }

  private static LvmException strayed(MovePlan.Segment segment, Whereabouts.Place place) {
    return new VolumeGroupChangedException(
        "expected extents from %d on of %s in %s, in %s or on the way there, found them %s"
                .formatted(
                    segment.logicalExtent(),
                    segment.logicalVolume(),
                    segment.source(),
                    segment.destination(),
                    place == Whereabouts.Place.ELSEWHERE ? "elsewhere" : "on the way again")
            + ": plan what is left anew");
  }

  /** Part of an atomic move must not be done as if it were the whole. */
  private static void requireWhole(
      MovePlan plan, Map<Whereabouts.Place, List<MovePlan.Segment>> places) {
    if (plan.atomic() && places.size() > 1) {
      throw new VolumeGroupChangedException(
          "expected all segments of an atomic move at one place, found %s: plan what is left anew"
              .formatted(String.join(", ", found(places))));
    }
  }

  /** The moves under way that a plan has to do with, in the text's order. */
  private static List<Pvmove> movesOf(Call call, MovePlan plan) {
    return Pvmove.allOf(call.vg()).stream()
        .filter(
            move ->
                plan.segments().stream()
                    .anyMatch(
                        segment ->
                            move.pieces().stream()
                                .anyMatch(piece -> piece.source().overlaps(segment.source()))))
        .toList();
  }

  /**
   * Carries on every move that is under way in the volume group, whoever began it. LVM2 activates
   * the volumes concerned.
   *
   * @throws LvmException if LVM2 cannot be told so
   * @throws IOException as {@link #execute(MovePlan)}
   */
  public MoveOutcome resume() throws IOException {
    return forEachMove(null, this::join);
  }

  /**
   * Carries on the move that is under way from a physical volume.
   *
   * @param sourcePv by its name or its uuid
   * @throws LvmException if there is no such physical volume, or LVM2 cannot be told so
   * @throws IOException as {@link #execute(MovePlan)}
   */
  public MoveOutcome resume(String sourcePv) throws IOException {
    return forEachMove(checkNotNull(sourcePv), this::join);
  }

  /**
   * Gives up every move that is under way in the volume group: what is at its new place stays
   * there, the rest at the old one. LVM2 gives up active moves only; {@link
   * org.pvmove.PvMover#abort()} is for the others.
   *
   * @throws LvmException if LVM2 cannot be told so
   * @throws IOException as {@link #execute(MovePlan)}
   */
  public MoveOutcome abort() throws IOException {
    return forEachMove(null, this::giveUp);
  }

  /**
   * Gives up the move that is under way from a physical volume, like {@link #abort()}.
   *
   * @param sourcePv by its name or its uuid
   * @throws LvmException if there is no such physical volume, or LVM2 cannot be told so
   * @throws IOException as {@link #execute(MovePlan)}
   */
  public MoveOutcome abort(String sourcePv) throws IOException {
    return forEachMove(checkNotNull(sourcePv), this::giveUp);
  }

  /**
   * Makes the call under way stop watching: the command that runs is terminated, no further one is
   * called. The move under way stays as it is, to be resumed or aborted; the kernel may copy the
   * segment it is at to the end, and where LVM2 is set up to use lvmpolld that carries the whole
   * move on. An interrupt of the thread that moves does the same when LVM2 next reports progress.
   */
  public void stop() {
    stopped = true;
    LvmProcess process = running;
    if (process != null) {
      process.terminate();
    }
  }

  private boolean isStopped() {
    return stopped || Thread.currentThread().isInterrupted();
  }

  private Call begin() {
    stopped = false;
    return new Call();
  }

  /** Ends a move one way or another; the outcome only if that failed. */
  private interface Action {
    Optional<MoveOutcome> on(Call call, Pvmove move) throws IOException;
  }

  private MoveOutcome forEachMove(@Nullable String sourcePv, Action action) throws IOException {
    Call call = begin();
    LvmUuid source = sourcePv == null ? null : names(call.now).require(sourcePv).id();
    for (Pvmove move : Pvmove.allOf(call.vg())) {
      boolean meant =
          source == null
              || move.pieces().stream().anyMatch(piece -> piece.source().pv().equals(source));
      // Somebody may have ended it meanwhile.
      Optional<Pvmove> found = meant ? call.move(move.id()) : Optional.empty();
      if (found.isPresent()) {
        Optional<MoveOutcome> end = action.on(call, found.get());
        if (end.isPresent()) {
          return end.get();
        }
      }
    }
    return call.completed();
  }

  // Commands.

  private MoveOutcome run(Call call, SystemPlan how) throws IOException {
    if (how instanceof SystemPlan.Impossible impossible && !call.moves.isEmpty()) {
      // What was carried on before is done all the same.
      return call.stopped(
          call.moves.get(call.moves.size() - 1),
          new LvmException(
              "expected %s, found %s".formatted(impossible.expected(), impossible.found())));
    }
    for (LvmCommand command : how.orElseThrow()) {
      Optional<MoveOutcome> end = begin(call, command);
      if (end.isPresent()) {
        return end.get();
      }
    }
    return call.completed();
  }

  private Optional<MoveOutcome> begin(Call call, LvmCommand command) throws IOException {
    String move = PvmoveEdits.nextName(call.vg());
    long total = bytes(call, command.segments());
    Started started = new Started(move, command.segments(), 0, total, 0);
    return run(call, command, started, null);
  }

  private Optional<MoveOutcome> join(Call call, Pvmove move) throws IOException {
    LvmCommand command = SystemPlan.joining(call.vg(), move, names(call.now)).orElseThrow().get(0);
    long total = call.vg().extentSize().toBytes(move.extentCount());
    long rest = bytes(call, command.segments());
    int done = (int) move.pieces().stream().filter(Pvmove.Piece::done).count();
    Started started = new Started(move.name(), command.segments(), done, total, total - rest);
    return run(call, command, started, move.id());
  }

  /**
   * A move by a command.
   *
   * @param move name of the temporary volume
   * @param segments what is to be moved, in order
   * @param segmentsDone how many were moved before
   * @param bytes all that the move is about
   * @param bytesDone of these, what was moved before
   */
  private record Started(
      String move,
      ImmutableList<MovePlan.Segment> segments,
      int segmentsDone,
      long bytes,
      long bytesDone) {
    MoveEvent event() {
      return new MoveEvent.Started(
          move, segments.size() + segmentsDone, segmentsDone, bytes, bytesDone);
    }

    /** What is seen when so much is copied; LVM2 copies one segment after the other. */
    MoveEvent copied(long done, long extentBytes) {
      long start = bytesDone;
      int index = 0;
      long length = 0;
      for (int i = 0; i < segments.size(); i++) {
        start += length;
        index = i;
        length = segments.get(i).source().count() * extentBytes;
        if (done < start + length) {
          break;
        }
      }
      long inSegment = Math.max(0, Math.min(length, done - start));
      return new MoveEvent.Copied(move, segmentsDone + index, inSegment, length, done, bytes);
    }
  }

  private static long bytes(Call call, List<MovePlan.Segment> segments) {
    return segments.stream()
        .mapToLong(segment -> call.vg().extentSize().toBytes(segment.source().count()))
        .sum();
  }

  /**
   * Calls a command that moves something.
   *
   * @param id the temporary volume that has to be gone behind it, if there is one already
   * @return how it ended, unless everything is as it should be
   */
  private Optional<MoveOutcome> run(
      Call call, LvmCommand command, Started started, @Nullable LvmUuid id) throws IOException {
    if (isStopped()) {
      return Optional.of(call.stopped(started.move()));
    }
    StoredVolumeGroup before = call.now;
    LvmProcess.Ended ended;
    try {
      listener.on(started.event());
      ended = call(command, percent -> report(call, started, percent));
    } catch (IOException e) {
      return failed(call, before, started.move(), e);
    }
    call.now = read();
    Map<Whereabouts.Place, List<MovePlan.Segment>> places = places(call, command.segments());
    List<MovePlan.Segment> moved = places.getOrDefault(Whereabouts.Place.DESTINATION, List.of());
    boolean gone = id == null || call.move(id).isEmpty();
    call.bytes += bytes(call, moved);
    // A move may have ended by itself just before the command that was to carry it on.
    boolean good = ended.status() == 0 || id != null;
    if (moved.size() == command.segments().size() && gone && good) {
      call.moves.add(started.move());
      reportDone(call, started, command);
      return Optional.empty();
    }
    return isStopped()
        ? Optional.of(call.stopped(started.move()))
        : failed(call, before, started.move(), ended.unlike(expectation(command, places, gone)));
  }

  /** What a command does not do at once it leaves undone, to be reported as an exception. */
  private static Optional<MoveOutcome> failed(
      Call call, StoredVolumeGroup before, String move, IOException failure) throws IOException {
    boolean untouched = call.moves.isEmpty() && call.vg().seqno() == before.volumeGroup().seqno();
    if (untouched && call.vg().logicalVolume(move).isEmpty()) {
      throw failure;
    }
    return Optional.of(call.stopped(move, failure));
  }

  private static String expectation(
      LvmCommand command, Map<Whereabouts.Place, List<MovePlan.Segment>> places, boolean gone) {
    List<String> found = found(places);
    if (!gone) {
      found.add("the temporary volume there");
    }
    return "expected %d segments at their new place and the temporary volume gone, found %s"
        .formatted(command.segments().size(), found.isEmpty() ? "both" : String.join(", ", found));
  }

  private static List<String> found(Map<Whereabouts.Place, List<MovePlan.Segment>> places) {
    List<String> found = new ArrayList<>();
    places.forEach((place, segments) -> found.add(segments.size() + " " + text(place)));
    return found;
  }

  private static String text(Whereabouts.Place place) {
    return switch (place) {
      case SOURCE -> "at their old place";
      case DESTINATION -> "at their new place";
      case UNDER_WAY -> "under way";
      case ELSEWHERE -> "elsewhere";
    };
  }

  private LvmProcess.Ended call(LvmCommand command, DoubleConsumer progress) throws IOException {
    LvmProcess process =
        LvmProcess.start(
            ImmutableList.<String>builder()
                .addAll(program)
                .addAll(command.withInterval(intervalSeconds).arguments())
                .build());
    running = process;
    try {
      if (isStopped()) {
        process.terminate();
      }
      return process.await(
          percent -> {
            progress.accept(percent);
            if (isStopped()) {
              process.terminate();
            }
          });
    } finally {
      running = null;
    }
  }

  private void report(Call call, Started started, double percent) {
    long done = Math.round(started.bytes() * (percent / 100));
    listener.on(started.copied(done, call.vg().extentSize().bytes()));
  }

  private void reportDone(Call call, Started started, LvmCommand command) {
    long seqno = call.vg().seqno();
    if (!command.segments().isEmpty() && !command.arguments().contains("--atomic")) {
      ImmutableSortedMap.Builder<Integer, Pvmove.Piece> pieces = ImmutableSortedMap.naturalOrder();
      long extent = 0;
      for (int i = 0; i < command.segments().size(); i++) {
        MovePlan.Segment segment = command.segments().get(i);
        pieces.put(
            started.segmentsDone() + i,
            new Pvmove.Piece(extent, segment.source(), segment.destination(), true));
        extent += segment.source().count();
      }
      listener.on(new MoveEvent.Checkpoint(started.move(), pieces.buildOrThrow(), seqno));
    }
    listener.on(new MoveEvent.Finished(started.move(), false, seqno));
  }

  private Optional<MoveOutcome> giveUp(Call call, Pvmove move) throws IOException {
    if (isStopped()) {
      return Optional.of(call.stopped(move.name()));
    }
    LvmCommand command = SystemPlan.aborting(call.vg(), move, names(call.now)).orElseThrow().get(0);
    StoredVolumeGroup before = call.now;
    LvmProcess.Ended ended;
    try {
      ended = call(command, percent -> {});
    } catch (IOException e) {
      return failed(call, before, move.name(), e);
    }
    call.now = read();
    if (call.move(move.id()).isEmpty() && ended.status() == 0) {
      call.moves.add(move.name());
      listener.on(new MoveEvent.Finished(move.name(), true, call.vg().seqno()));
      return Optional.empty();
    }
    return isStopped()
        ? Optional.of(call.stopped(move.name()))
        : Optional.of(
            call.stopped(
                move.name(),
                ended.unlike(
                    "expected %s to be given up, found it %s"
                        .formatted(
                            move.name(),
                            call.move(move.id()).isEmpty() ? "gone, but" : "under way"))));
  }

  // Looking.

  /**
   * As the devices tell now. No lock is needed: a version is whole or not there, and LVM2's own
   * commit is in force as soon as one header says so.
   */
  private StoredVolumeGroup read() {
    return devices.scan().volumeGroup(volumeGroup);
  }

  private static Map<Whereabouts.Place, List<MovePlan.Segment>> places(
      Call call, List<MovePlan.Segment> segments) {
    Whereabouts whereabouts = new Whereabouts(call.vg());
    Map<Whereabouts.Place, List<MovePlan.Segment>> places = new EnumMap<>(Whereabouts.Place.class);
    for (MovePlan.Segment segment : segments) {
      places.computeIfAbsent(whereabouts.of(segment), place -> new ArrayList<>()).add(segment);
    }
    return places;
  }

  private static PvNames names(StoredVolumeGroup stored) {
    return PvNames.of(stored.volumeGroup(), stored.deviceNames());
  }

  /** Collects what an executor needs; not thread-safe. */
  public static final class Builder {
    private final DeviceSet devices;
    private final String volumeGroup;
    private ImmutableList<String> program = LVM;
    private int intervalSeconds = 1;
    private MoveListener listener = MoveListener.NONE;

    private Builder(DeviceSet devices, String volumeGroup) {
      this.devices = checkNotNull(devices);
      this.volumeGroup = checkNotNull(volumeGroup);
    }

    /**
     * What to call: the program {@code lvm} of LVM2, with words in front of its own if need be;
     * {@code lvm} by default, which is looked for as the system does. Its settings are those of the
     * environment and of lvm.conf(5).
     *
     * @param words at least one
     */
    public Builder program(List<String> words) {
      checkArgument(!words.isEmpty(), "program: expected at least one word, found none");
      program = ImmutableList.copyOf(words);
      return this;
    }

    /**
     * How often LVM2 looks how far the copy is, and with that how long it may idle between two
     * segments; every second by default.
     *
     * @param seconds at least 1
     */
    public Builder intervalSeconds(int seconds) {
      checkArgument(seconds >= 1, "interval: expected 1 second or more, found %s", seconds);
      intervalSeconds = seconds;
      return this;
    }

    /** Who is told what happens; nobody by default. */
    public Builder listener(MoveListener value) {
      listener = checkNotNull(value);
      return this;
    }

    /** The executor. */
    public SystemPvmove build() {
      return new SystemPvmove(this);
    }
  }
}
