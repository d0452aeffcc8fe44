// SPDX-License-Identifier: Apache-2.0
package org.pvmove.plan;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pvmove.lvm.Area;
import org.pvmove.lvm.LogicalVolume;
import org.pvmove.lvm.LvGraph;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.lvm.Reference;
import org.pvmove.lvm.Segment;
import org.pvmove.lvm.SegmentType;
import org.pvmove.lvm.Segments;
import org.pvmove.lvm.VolumeGroup;
import org.pvmove.lvm.edit.Pvmove;

/** Finds the calls of pvmove(8) for moves in one version of a volume group. */
final class LvmCommands {
  /**
   * All ranges are one argument, of which Linux takes 128 KiB; so many take 24 KiB at most, and
   * LVM2 compares each with all others.
   */
  private static final int MAX_RANGES = 1000;

  /**
   * A segment of a plan where it is now.
   *
   * @param segment what moves
   * @param volume place of its volume in the metadata, which is LVM2's order
   * @param volumeLater the same in metadata that LVM2 has written
   * @param on the segment of the logical volume that it is a part of, as LVM2 sees it
   */
  private record Piece(MovePlan.Segment segment, int volume, int volumeLater, Segment on) {
    String lv() {
      return segment.logicalVolume();
    }

    LvmUuid from() {
      return segment.source().pv();
    }

    boolean isInSegmentOf(Piece other) {
      return volume == other.volume && on.firstExtent() == other.on.firstExtent();
    }

    /** Whether it follows the other in the same stripe, on both sides. */
    boolean continues(Piece before) {
      return isInSegmentOf(before)
          && segment.stripe() == before.segment.stripe()
          && follows(segment.source(), before.segment.source())
          && follows(segment.destination(), before.segment.destination());
    }

    Piece with(Piece more) {
      MovePlan.Segment other = more.segment;
      return new Piece(
          new MovePlan.Segment(
              lv(),
              segment.logicalExtent(),
              segment.stripe(),
              longer(segment.source(), other.source().count()),
              longer(segment.destination(), other.destination().count())),
          volume,
          volumeLater,
          on);
    }

    private static PeRange longer(PeRange range, long by) {
      return new PeRange(range.pv(), range.first(), range.count() + by);
    }
  }

  private static boolean follows(PeRange range, PeRange before) {
    return range.pv().equals(before.pv()) && range.first() == before.end();
  }

  /** What LVM2 takes first comes first. */
  private static final Comparator<Piece> LVM_ORDER =
      Comparator.comparingInt(Piece::volume)
          .thenComparingLong(piece -> piece.segment().logicalExtent())
          .thenComparingInt(piece -> piece.segment().stripe());

  /**
   * What the next piece of a call must be like.
   *
   * @param from where it comes from
   * @param to the extent it goes to
   * @param name what it has to be called by, if at all
   */
  private record Link(LvmUuid from, LvmUuid to, long extent, @Nullable String name) {}

  /** A call to be. */
  private static final class Call {
    private final @Nullable String name;
    private final List<Piece> pieces = new ArrayList<>();

    Call(@Nullable String name) {
      this.name = name;
    }

    Piece last() {
      return pieces.get(pieces.size() - 1);
    }
  }

  private final VolumeGroup vg;
  private final PvNames names;
  private final LvGraph graph;
  private final Map<String, Integer> volumes = new HashMap<>();
  private final Map<String, Integer> volumesLater = new HashMap<>();
  private final Map<String, NavigableMap<Long, Segment>> segmentsOf = new HashMap<>();
  private final Map<LvmUuid, Boolean> vetoed = new HashMap<>();

  LvmCommands(VolumeGroup vg, PvNames names) {
    this.vg = vg;
    this.names = names;
    this.graph = LvGraph.of(vg);
    for (LogicalVolume lv : vg.logicalVolumes()) {
      volumes.put(lv.name(), volumes.size());
      if (isWrittenFirst(lv)) {
        volumesLater.put(lv.name(), volumesLater.size());
      }
    }
    for (LogicalVolume lv : vg.logicalVolumes()) {
      volumesLater.putIfAbsent(lv.name(), volumesLater.size());
    }
  }

  /**
   * LVM2 writes what users see before the rest. Whoever else has written the metadata may have done
   * otherwise, and the order changes with the first command.
   */
  private boolean isWrittenFirst(LogicalVolume lv) {
    for (LvGraph.User user : graph.usersOf(lv.name())) {
      if (user.use() == Reference.Use.SNAPSHOT_COW) {
        // It is hidden by the text, but seen like its origin.
        return user.segment().type().references().stream()
            .filter(reference -> reference.use() == Reference.Use.SNAPSHOT_ORIGIN)
            .flatMap(reference -> vg.logicalVolume(reference.lv()).stream())
            .anyMatch(Selection::isVisible);
      }
    }
    return Selection.isVisible(lv);
  }

  SystemPlan moving(ImmutableList<MovePlan.Segment> segments, boolean atomic) {
    Optional<SystemPlan> impossible =
        withoutName(segments).or(() -> underWay(segments)).or(() -> locked(segments));
    if (impossible.isPresent()) {
      return impossible.get();
    }
    List<Piece> pieces = segments.stream().flatMap(this::locate).sorted(LVM_ORDER).toList();
    if (!atomic || pieces.isEmpty()) {
      return possible(calls(pieces).stream().map(call -> command(call, call.pieces, false)));
    }
    List<Piece> joined = joined(pieces);
    return inTheWay(joined)
        .orElseGet(() -> possible(Stream.of(command(inOne(joined), pieces, true))));
  }

  private static SystemPlan possible(Stream<LvmCommand> commands) {
    return new SystemPlan.Possible(commands.collect(ImmutableList.toImmutableList()));
  }

  /**
   * A segment of a plan is a part of one segment of its volume, unless others have cut that since,
   * by moving another stripe of it.
   */
  private Stream<Piece> locate(MovePlan.Segment segment) {
    Stream.Builder<Piece> pieces = Stream.builder();
    NavigableMap<Long, Segment> all =
        segmentsOf.computeIfAbsent(segment.logicalVolume(), this::segments);
    long count = segment.source().count();
    if (count != segment.destination().count()) {
      throw misplaced(segment, segment.destination());
    }
    long extent = segment.logicalExtent();
    for (long done = 0; done < count; ) {
      Map.Entry<Long, Segment> entry = all.floorEntry(extent);
      if (entry == null) {
        throw misplaced(segment, "no such volume or extent");
      }
      Segment on = entry.getValue();
      int stripes = Math.max(1, on.areas().size());
      long offset = (extent - on.firstExtent()) / stripes;
      long length = Math.min(count - done, on.areaLength() - offset);
      if (length < 1
          || segment.stripe() >= on.areas().size()
          || on.firstExtent() + offset * stripes != extent
          || !on.areas()
              .get(segment.stripe())
              .advance(offset)
              .equals(new Area.Physical(segment.source().pv(), segment.source().first() + done))) {
        throw misplaced(segment, on);
      }
      MovePlan.Segment part =
          new MovePlan.Segment(
              segment.logicalVolume(),
              extent,
              segment.stripe(),
              segment.source().slice(done, length),
              segment.destination().slice(done, length));
      pieces.add(
          new Piece(
              part,
              Objects.requireNonNull(volumes.get(segment.logicalVolume())),
              Objects.requireNonNull(volumesLater.get(segment.logicalVolume())),
              on));
      done += length;
      extent += length * stripes;
    }
    return pieces.build();
  }

  private static IllegalArgumentException misplaced(MovePlan.Segment segment, Object found) {
    return new IllegalArgumentException(
        "expected extent %d of %s, stripe %d, in %s to be moved to as many others, found %s"
            .formatted(
                segment.logicalExtent(),
                segment.logicalVolume(),
                segment.stripe(),
                segment.source(),
                found));
  }

  /** As LVM2 reads them: neighbours that continue each other are one. */
  private NavigableMap<Long, Segment> segments(String lv) {
    NavigableMap<Long, Segment> all = new TreeMap<>();
    vg.logicalVolume(lv)
        .ifPresent(
            volume ->
                Segments.merge(volume.segments())
                    .forEach(segment -> all.put(segment.firstExtent(), segment)));
    return all;
  }

  // What LVM2 cannot be told.

  private Optional<SystemPlan> withoutName(List<MovePlan.Segment> segments) {
    Set<LvmUuid> pvs = new LinkedHashSet<>();
    for (MovePlan.Segment segment : segments) {
      pvs.add(segment.source().pv());
      pvs.add(segment.destination().pv());
    }
    return pvs.stream().filter(this::isNameless).findFirst().map(LvmCommands::nameless);
  }

  /** LVM2 does not take identities for names. */
  private boolean isNameless(LvmUuid pv) {
    return names.of(pv).equals(pv.toString());
  }

  private static SystemPlan nameless(LvmUuid pv) {
    return new SystemPlan.Impossible(
        "a device by which LVM2 knows physical volume " + pv, "no device of it");
  }

  /** LVM2 would carry that move on, whatever else it was told. */
  private Optional<SystemPlan> underWay(List<MovePlan.Segment> segments) {
    for (LvmUuid source : sources(segments)) {
      Optional<String> move = moveFrom(source);
      if (move.isPresent()) {
        return Optional.of(
            new SystemPlan.Impossible(
                "no move under way from " + names.of(source), move.get() + " under way"));
      }
    }
    return Optional.empty();
  }

  /** LVM2 leaves out what another move has locked. */
  private Optional<SystemPlan> locked(List<MovePlan.Segment> segments) {
    return segments.stream()
        .map(MovePlan.Segment::logicalVolume)
        .filter(name -> vg.logicalVolume(name).filter(LogicalVolume::isLocked).isPresent())
        .findFirst()
        .map(
            name ->
                new SystemPlan.Impossible(
                    "logical volumes that no move under way has locked", name + " locked"));
  }

  private static ImmutableSet<LvmUuid> sources(List<MovePlan.Segment> segments) {
    return segments.stream()
        .map(segment -> segment.source().pv())
        .collect(ImmutableSet.toImmutableSet());
  }

  /** The move that LVM2 means by a physical volume, which it knows moves by. */
  private Optional<String> moveFrom(LvmUuid source) {
    return vg.pvmoveVolumes().stream()
        .filter(
            lv -> {
              Area first = firstArea(lv);
              if (first instanceof Area.Logical image) {
                return vg.logicalVolume(image.lv())
                    .filter(from -> isOn(firstArea(from), source))
                    .isPresent();
              }
              return lv.segments().stream()
                  .anyMatch(segment -> isOn(segment.areas().get(0), source));
            })
        .map(LogicalVolume::name)
        .findFirst();
  }

  private static Area firstArea(LogicalVolume lv) {
    return lv.segments().get(0).areas().get(0);
  }

  private static boolean isOn(Area area, LvmUuid pv) {
    return area instanceof Area.Physical physical && physical.pv().equals(pv);
  }

  /** Why an atomic move does not fit into one call. */
  private Optional<SystemPlan> inTheWay(List<Piece> pieces) {
    String found = null;
    Piece first = pieces.get(0);
    for (int i = 1; i < pieces.size() && found == null; i++) {
      Piece before = pieces.get(i - 1);
      Piece piece = pieces.get(i);
      if (!piece.from().equals(first.from())) {
        found =
            "some on %s and some on %s".formatted(names.of(first.from()), names.of(piece.from()));
      } else if (!follows(piece.segment().destination(), before.segment().destination())) {
        found =
            "that what is in %s of %s goes to %s, but what comes before it, in %s of %s, to %s"
                .formatted(
                    text(piece.segment().source()),
                    piece.lv(),
                    text(piece.segment().destination()),
                    text(before.segment().source()),
                    before.lv(),
                    text(before.segment().destination()));
      } else if (!Objects.equals(nameFor(piece), nameFor(first))) {
        found =
            "parts of %s and %s beside a volume that LVM2 does not move, so that it must be told what"
                    .formatted(first.lv(), piece.lv())
                + " to move, and it can be told one name only";
      }
    }
    if (found == null && pieces.size() > MAX_RANGES) {
      found = pieces.size() + " ranges";
    }
    return found == null
        ? Optional.empty()
        : Optional.of(
            new SystemPlan.Impossible(
                "an atomic move of at most %d ranges of one physical volume that go to one run of"
                        .formatted(MAX_RANGES)
                    + " extents in LVM2's order, since pvmove(8) does it in one call or not at all",
                found));
  }

  private String text(PeRange range) {
    return "%s:%d-%d".formatted(names.of(range.pv()), range.first(), range.end() - 1);
  }

  // What it can.

  private Call inOne(List<Piece> pieces) {
    Call call = new Call(nameFor(pieces.get(0)));
    call.pieces.addAll(pieces);
    return call;
  }

  /**
   * An atomic move has no checkpoints, so that cuts which make some mean nothing: rows of stripes
   * that follow each other are one.
   */
  private static List<Piece> joined(List<Piece> pieces) {
    List<List<Piece>> rows = new ArrayList<>();
    for (Piece piece : pieces) {
      List<Piece> row = rows.isEmpty() ? List.of() : rows.get(rows.size() - 1);
      if (!row.isEmpty() && isSameRow(row.get(0), piece)) {
        row.add(piece);
      } else {
        rows.add(new ArrayList<>(List.of(piece)));
      }
    }
    List<List<Piece>> joined = new ArrayList<>();
    for (List<Piece> row : rows) {
      List<Piece> last = joined.isEmpty() ? List.of() : joined.get(joined.size() - 1);
      if (continues(row, last)) {
        for (int i = 0; i < row.size(); i++) {
          last.set(i, last.get(i).with(row.get(i)));
        }
      } else {
        joined.add(row);
      }
    }
    return joined.stream().flatMap(List::stream).toList();
  }

  private static boolean isSameRow(Piece one, Piece other) {
    return one.isInSegmentOf(other)
        && one.segment().logicalExtent() == other.segment().logicalExtent();
  }

  private static boolean continues(List<Piece> row, List<Piece> before) {
    if (row.size() != before.size()) {
      return false;
    }
    for (int i = 0; i < row.size(); i++) {
      if (!row.get(i).continues(before.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Puts each piece into the call in which it follows the piece before it at the destination. The
   * calls do not depend on each other: the destinations are free from the beginning.
   */
  private List<Call> calls(List<Piece> pieces) {
    Set<Link> beside = new HashSet<>();
    for (Piece piece : pieces) {
      PeRange to = piece.segment().destination();
      beside.add(new Link(to.pv(), to.pv(), to.first(), null));
      beside.add(new Link(to.pv(), to.pv(), to.end(), null));
    }
    List<Call> calls = new ArrayList<>();
    Map<Link, Call> open = new HashMap<>();
    for (Piece piece : pieces) {
      String name = nameFor(piece);
      PeRange to = piece.segment().destination();
      Call call = open.remove(new Link(piece.from(), to.pv(), to.first(), name));
      if (call == null
          || call.pieces.size() == MAX_RANGES
          || piece.volumeLater() < call.last().volumeLater()
          || (mayNeedCut(piece, beside) && !call.pieces.get(0).lv().equals(piece.lv()))) {
        call = new Call(name);
        calls.add(call);
      }
      call.pieces.add(piece);
      open.put(
          new Link(piece.from(), to.pv(), call.last().segment().destination().end(), name), call);
    }
    return calls;
  }

  /**
   * Whether LVM2 has to cut a segment of the volume for a piece. Before 2.03.26 it gives up with an
   * internal error when it has to after it dealt with another volume in the same call.
   *
   * @param beside the ends of all destinations: where one touches the source, both may have become
   *     one segment until the piece's turn comes
   */
  private static boolean mayNeedCut(Piece piece, Set<Link> beside) {
    PeRange source = piece.segment().source();
    return source.count() < piece.on().areaLength()
        || beside.contains(new Link(source.pv(), source.pv(), source.first(), null))
        || beside.contains(new Link(source.pv(), source.pv(), source.end(), null));
  }

  /**
   * Where something on the source must not move LVM2 refuses the whole call, unless it is told to
   * move something else: then it looks at that only. The ranges say what of it.
   */
  private @Nullable String nameFor(Piece piece) {
    if (!vetoed.computeIfAbsent(piece.from(), pv -> new Vetoes(vg, graph).anyOn(pv))) {
      return null;
    }
    // Before 2.03.23 LVM2 looks for the sister of a raid's part by a wrong name.
    return graph.usersOf(piece.lv()).stream()
        .filter(user -> user.segment().type() instanceof SegmentType.Raid)
        .map(user -> user.lv().name())
        .findFirst()
        .orElse(piece.lv());
  }

  private LvmCommand command(Call call, List<Piece> pieces, boolean atomic) {
    ImmutableList.Builder<String> words = ImmutableList.builder();
    words.add("--alloc", "anywhere");
    if (call.name != null) {
      words.add("-n", call.name);
    }
    if (atomic) {
      words.add("--atomic");
    }
    StringBuilder from = new StringBuilder(name(call.last().from()));
    // Ranges that touch are none the less two, at whose border LVM2 cuts: that is a checkpoint.
    call.pieces.forEach(piece -> from.append(range(piece.segment().source())));
    PeRange first = call.pieces.get(0).segment().destination();
    PeRange last = call.last().segment().destination();
    PeRange to = new PeRange(first.pv(), first.first(), last.end() - first.first());
    words.add(from.toString(), name(to.pv()) + range(to));
    return LvmCommand.pvmove(words.build(), pieces.stream().map(Piece::segment).toList());
  }

  private static String range(PeRange range) {
    return ":%d-%d".formatted(range.first(), range.end() - 1);
  }

  private String name(LvmUuid pv) {
    return names.of(pv).replace(":", "\\:").replace("@", "\\@");
  }

  // Moves under way.

  /**
   * pvmove(8) ignores a destination where it restarts a move. Where the move has ended meanwhile it
   * would begin another one, of everything on the disk to anywhere: not if the only destination is
   * the source.
   */
  SystemPlan joining(Pvmove move) {
    return byName(move, RestOfMove.of(graph, move), source -> ImmutableList.of(source, source));
  }

  SystemPlan aborting(Pvmove move) {
    return byName(move, ImmutableList.of(), source -> ImmutableList.of("--abort", source));
  }

  private SystemPlan byName(
      Pvmove move,
      ImmutableList<MovePlan.Segment> segments,
      Function<String, ImmutableList<String>> arguments) {
    for (Pvmove.Piece piece : move.pieces()) {
      LvmUuid source = piece.source().pv();
      if (moveFrom(source).equals(Optional.of(move.name()))) {
        return isNameless(source)
            ? nameless(source)
            : new SystemPlan.Possible(
                ImmutableList.of(LvmCommand.pvmove(arguments.apply(name(source)), segments)));
      }
    }
    return new SystemPlan.Impossible(
        "a physical volume by which LVM2 knows " + move.name(),
        "that it takes %s for %s"
            .formatted(
                names.of(move.pieces().get(0).source().pv()),
                moveFrom(move.pieces().get(0).source().pv()).orElse("none")));
  }
}
