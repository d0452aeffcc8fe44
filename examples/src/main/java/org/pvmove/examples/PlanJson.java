// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.lvm.PeRange;
import org.pvmove.plan.Cost;
import org.pvmove.plan.LvmCommand;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.SkipReason;

/**
 * Plans as JSON: to be shown, kept, compared, or carried out by another process. The names are
 * those of {@link MovePlan}, in lower case with underscores; physical volumes are called by their
 * uuids. What is read back is equal to what was written.
 */
public final class PlanJson {
  private static final String COMMANDS = "commands";

  private PlanJson() {}

  /** A plan as JSON, each segment on a line of its own. */
  public static String write(MovePlan plan) {
    Cost cost = plan.cost();
    return String.format(
        Locale.ROOT,
        """
        {
          "volume_group": %s,
          "volume_group_id": "%s",
          "seqno": %d,
          "extent_bytes": %d,
          "move": %s,
          "joined": %b,
          "atomic": %b,
          "segments": %s,
          "skipped": %s,
          "unused": %s,
          "cost": {
            "extents": %d,
            "bytes": %d,
            "repeated_bytes": %d,
            "metadata_bytes": %s
          }
        }
        """,
        JsonText.quote(plan.volumeGroup()),
        plan.volumeGroupId(),
        plan.seqno(),
        plan.extentBytes(),
        JsonText.quote(plan.move()),
        plan.joined(),
        plan.atomic(),
        lines('[', plan.segments().stream().map(PlanJson::write).toList(), ']'),
        lines('[', plan.skipped().stream().map(PlanJson::write).toList(), ']'),
        lines('{', plan.unused().entrySet().stream().map(PlanJson::write).toList(), '}'),
        cost.extents(),
        cost.bytes(),
        cost.repeatedBytes(),
        cost.metadataBytes().stream()
            .mapToObj(Long::toString)
            .collect(Collectors.joining(", ", "[", "]")));
  }

  /**
   * A plan as JSON with the calls of LVM2 that carry it out, each a list of words: the member
   * {@code commands}. It follows from the rest and is not read back.
   */
  public static String write(MovePlan plan, List<LvmCommand> commands) {
    String json = write(plan);
    String lines =
        lines(
            '[',
            commands.stream()
                .map(
                    command ->
                        command.arguments().stream()
                            .map(JsonText::quote)
                            .collect(Collectors.joining(", ", "[", "]")))
                .toList(),
            ']');
    return "%s,\n  \"%s\": %s\n}\n"
        .formatted(json.substring(0, json.lastIndexOf('}')).stripTrailing(), COMMANDS, lines);
  }

  private static String lines(char open, List<String> lines, char close) {
    return lines.isEmpty()
        ? "" + open + close
        : open + "\n    " + String.join(",\n    ", lines) + "\n  " + close;
  }

  private static String write(MovePlan.Segment segment) {
    return object(
        "logical_volume",
        JsonText.quote(segment.logicalVolume()),
        "logical_extent",
        Long.toString(segment.logicalExtent()),
        "stripe",
        Integer.toString(segment.stripe()),
        "source",
        write(segment.source()),
        "destination",
        write(segment.destination()));
  }

  private static String write(PeRange range) {
    return object(
        "pv",
        JsonText.quote(range.pv().toString()),
        "first",
        Long.toString(range.first()),
        "count",
        Long.toString(range.count()));
  }

  private static String write(MovePlan.Skipped skip) {
    return object(
        "logical_volume",
        JsonText.quote(skip.logicalVolume()),
        "reason",
        JsonText.quote(word(skip.reason())));
  }

  private static String write(Map.Entry<String, String> unused) {
    return JsonText.quote(unused.getKey()) + ": " + JsonText.quote(unused.getValue());
  }

  /** An object on one line, of names and values in turn. */
  private static String object(String... parts) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts.length; i += 2) {
      text.append(i == 0 ? "{" : ", ");
      text.append(JsonText.quote(parts[i])).append(": ").append(parts[i + 1]);
    }
    return text.append('}').toString();
  }

  /** A reason as JSON calls it. */
  static String word(SkipReason reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a plan.
   *
   * @throws JsonException if the text is not JSON, or not a plan: with the place, what was expected
   *     there and what was found
   */
  public static MovePlan read(String json) throws JsonException {
    JsonNode plan = JsonNode.parse(json);
    plan.requireOnly(
        "volume_group",
        "volume_group_id",
        "seqno",
        "extent_bytes",
        "move",
        "joined",
        "atomic",
        "segments",
        "skipped",
        "unused",
        "cost",
        COMMANDS);
    return new MovePlan(
        plan.member("volume_group").text(),
        uuid(plan.member("volume_group_id")),
        number(plan.member("seqno"), 0),
        number(plan.member("extent_bytes"), 1),
        plan.member("move").text(),
        plan.member("joined").truth(),
        plan.member("atomic").truth(),
        all(plan.member("segments").array(), PlanJson::segment),
        all(plan.member("skipped").array(), PlanJson::skipped),
        unused(plan.member("unused")),
        cost(plan.member("cost")));
  }

  private interface Reader<T> {
    T read(JsonNode node) throws JsonException;
  }

  private static <T> ImmutableList<T> all(List<JsonNode> nodes, Reader<T> reader)
      throws JsonException {
    ImmutableList.Builder<T> all = ImmutableList.builder();
    for (JsonNode node : nodes) {
      all.add(reader.read(node));
    }
    return all.build();
  }

  private static MovePlan.Segment segment(JsonNode node) throws JsonException {
    node.requireOnly("logical_volume", "logical_extent", "stripe", "source", "destination");
    PeRange source = range(node.member("source"));
    PeRange destination = range(node.member("destination"));
    if (source.count() != destination.count()) {
      throw node.member("destination").wrong("as many extents as at the source");
    }
    return new MovePlan.Segment(
        node.member("logical_volume").text(),
        number(node.member("logical_extent"), 0),
        (int) node.member("stripe").number(0, Integer.MAX_VALUE),
        source,
        destination);
  }

  private static PeRange range(JsonNode node) throws JsonException {
    node.requireOnly("pv", "first", "count");
    long first = number(node.member("first"), 0);
    // So that there is a number for the extent behind it.
    long count = node.member("count").number(1, Long.MAX_VALUE - first);
    return new PeRange(uuid(node.member("pv")), first, count);
  }

  private static MovePlan.Skipped skipped(JsonNode node) throws JsonException {
    node.requireOnly("logical_volume", "reason");
    JsonNode reason = node.member("reason");
    String word = reason.text();
    List<String> words = new ArrayList<>();
    for (SkipReason each : SkipReason.values()) {
      if (word(each).equals(word)) {
        return new MovePlan.Skipped(node.member("logical_volume").text(), each);
      }
      words.add(word(each));
    }
    throw reason.wrong("one of " + String.join(", ", words));
  }

  private static ImmutableMap<String, String> unused(JsonNode node) throws JsonException {
    ImmutableMap.Builder<String, String> unused = ImmutableMap.builder();
    for (Map.Entry<String, JsonNode> member : node.object().entrySet()) {
      unused.put(member.getKey(), member.getValue().text());
    }
    return unused.buildOrThrow();
  }

  private static Cost cost(JsonNode node) throws JsonException {
    node.requireOnly("extents", "bytes", "repeated_bytes", "metadata_bytes");
    ImmutableLongArray.Builder metadata = ImmutableLongArray.builder();
    for (JsonNode size : node.member("metadata_bytes").array()) {
      metadata.add(number(size, 0));
    }
    return new Cost(
        number(node.member("extents"), 0),
        number(node.member("bytes"), 0),
        number(node.member("repeated_bytes"), 0),
        metadata.build());
  }

  private static long number(JsonNode node, long least) throws JsonException {
    return node.number(least, Long.MAX_VALUE);
  }

  private static LvmUuid uuid(JsonNode node) throws JsonException {
    try {
      return LvmUuid.parse(node.text());
    } catch (IllegalArgumentException e) {
      throw node.wrong("a uuid of LVM2 (" + Texts.reason(e) + ")");
    }
  }
}
