// SPDX-License-Identifier: Apache-2.0
package org.pvmove.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.LongRange;

/** What a throttle lets go, whatever is asked of it and however its limits change. */
class ThrottlePropertyTest {
  private static final double SECOND = 1e9;
  private static final long LAST_EVENT = 20_000_000_000L;

  /** What happens to a throttle at a time. */
  enum Kind {
    BYTES,
    REQUESTS,
    PAUSE,
    RESUME
  }

  record Change(long nanos, Kind kind, long limit) {
    void applyTo(Throttle throttle) {
      switch (kind) {
        case BYTES -> throttle.bytesPerSecond(limit);
        case REQUESTS -> throttle.requestsPerSecond(limit);
        case PAUSE -> throttle.pause();
        case RESUME -> throttle.resume();
      }
    }
  }

  /** A request and how long after the one before it was let go it comes. */
  record Asked(long gap, int bytes, int requests) {}

  record Granted(long nanos, int bytes, int requests) {}

  @Provide
  Arbitrary<List<Change>> changes() {
    Arbitrary<Long> limits =
        Arbitraries.frequencyOf(
            Tuple.of(6, Arbitraries.longs().between(100, 1_000_000)),
            Tuple.of(1, Arbitraries.just(Throttle.NO_LIMIT)));
    return Combinators.combine(
            Arbitraries.longs().between(0, LAST_EVENT), Arbitraries.of(Kind.class), limits)
        .as((nanos, kind, limit) -> new Change(nanos, kind, limit(kind, limit)))
        .list()
        .ofMaxSize(12);
  }

  /** Requests are fewer than bytes by about a thousand. */
  private static long limit(Kind kind, long limit) {
    return kind == Kind.REQUESTS && limit != Throttle.NO_LIMIT ? Math.max(1, limit / 1000) : limit;
  }

  @Provide
  Arbitrary<List<Asked>> asked() {
    Arbitrary<Long> gaps =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(0L)),
            Tuple.of(1, Arbitraries.longs().between(0, 2_000_000_000)));
    return Combinators.combine(
            gaps, Arbitraries.integers().between(0, 20_000), Arbitraries.integers().between(1, 3))
        .as(Asked::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  @Property(tries = 500)
  void neverLetsGoMoreThanTheLimits(
      @ForAll("changes") List<Change> changes, @ForAll("asked") List<Asked> asked) {
    SimulatedTime time = new SimulatedTime(1);
    Throttle throttle = new Throttle(time);
    List<Change> history = new ArrayList<>();
    for (Change change : changes) {
      time.at(
          change.nanos(),
          () -> {
            change.applyTo(throttle);
            history.add(change);
          });
    }
    // Nothing is held for ever.
    time.at(LAST_EVENT + 1, throttle::resume);

    List<Granted> granted = new ArrayList<>();
    for (Asked each : asked) {
      time.advance(each.gap());
      assertThat(throttle.acquire(each.bytes(), each.requests(), () -> false)).isTrue();
      assertThat(throttle.isPaused()).isFalse();
      granted.add(new Granted(time.nanos(), each.bytes(), each.requests()));
    }

    Limit bytes = new Limit(history, Kind.BYTES);
    Limit requests = new Limit(history, Kind.REQUESTS);
    for (int from = 0; from < granted.size(); from++) {
      double bytesGone = 0;
      double requestsGone = 0;
      for (int to = from; to < granted.size(); to++) {
        bytesGone += granted.get(to).bytes();
        requestsGone += granted.get(to).requests();
        long start = granted.get(from).nanos();
        long end = granted.get(to).nanos();
        // One request may get ahead: the last, whatever its size.
        assertThat(bytesGone - granted.get(to).bytes())
            .as("bytes from %s to %s", start, end)
            .isLessThanOrEqualTo(bytes.most(start, end));
        assertThat(requestsGone - granted.get(to).requests())
            .as("requests from %s to %s", start, end)
            .isLessThanOrEqualTo(requests.most(start, end));
      }
    }
  }

  /** Someone who asks for more at once gets all that the limit has. */
  @Property(tries = 200)
  void wastesNothingOfALimit(
      @ForAll("asked") List<Asked> asked, @ForAll @LongRange(min = 1, max = 1L << 40) long limit) {
    SimulatedTime time = new SimulatedTime(1);
    Throttle throttle = new Throttle(time);
    throttle.bytesPerSecond(limit);
    double before = 0;
    for (Asked each : asked) {
      assertThat(throttle.acquire(each.bytes(), each.requests(), () -> false)).isTrue();
      double due = before / limit * SECOND;
      assertThat(time.nanos() - due).isBetween(-1 - due * 1e-9, 2.0 * asked.size() + due * 1e-9);
      before += each.bytes();
    }
  }

  /** What a limit that changes allows in a window. */
  private record Limit(List<Change> history, Kind kind) {
    private double most(long start, long end) {
      double most = 0;
      double largest = 0;
      long limit = Throttle.NO_LIMIT;
      long from = start;
      for (Change change : history) {
        if (change.kind() == kind && change.nanos() <= end) {
          if (change.nanos() >= start) {
            most += allowed(limit, change.nanos() - from);
            largest = Math.max(largest, (double) limit);
            from = change.nanos();
          }
          limit = change.limit();
        }
      }
      largest = Math.max(largest, (double) limit);
      if (largest >= (double) Throttle.NO_LIMIT) {
        return Double.POSITIVE_INFINITY;
      }
      most += allowed(limit, end - from);
      return (most + largest / 10) * (1 + 1e-9) + 1e-3;
    }

    private static double allowed(long limit, long nanos) {
      return limit == Throttle.NO_LIMIT ? 0 : (double) limit * (nanos / SECOND);
    }
  }
}
