// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pvmove.PvMover;
import org.pvmove.device.DeviceSet;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.lvm.LvmUuid;
import org.pvmove.plan.MovePlan;
import org.pvmove.plan.MoveRequest;

/** Plans as JSON: what they look like, what comes back, and what is refused. */
class PlanJsonTest {
  private static final String PLAN =
      """
      {
        "volume_group": "vg",
        "volume_group_id": "00000000000000000000000000000001",
        "seqno": 7,
        "extent_bytes": 4194304,
        "move": "pvmove0",
        "joined": false,
        "atomic": true,
        "segments": [
          {"logical_volume": "home", "logical_extent": 0, "stripe": 0, "source": {"pv": \
      "00000000000000000000000000000002", "first": 0, "count": 4}, "destination": {"pv": \
      "00000000000000000000000000000003", "first": 8, "count": 4}}
        ],
        "skipped": [{"logical_volume": "root", "reason": "image_of_a_move"}],
        "unused": {"/dev/sdc": "it is full"},
        "cost": {"extents": 4, "bytes": 16777216, "repeated_bytes": 9, "metadata_bytes": [1, 2]}
      }
      """;

  @TempDir private Path directory;

  @Test
  void readsAPlanFromAnyLayout() throws JsonException {
    MovePlan plan = PlanJson.read(PLAN);
    assertThat(plan.volumeGroupId()).isEqualTo(new LvmUuid("0".repeat(31) + "1"));
    assertThat(plan.segments()).hasSize(1);
    assertThat(plan.cost().largestMetadataBytes()).isEqualTo(2);
    assertThat(PlanJson.read(PLAN.replaceAll("\\s*\n\\s*", ""))).isEqualTo(plan);
    assertThat(PlanJson.read(PLAN.replace(",", "\r\n\t , "))).isEqualTo(plan);
    assertThat(PlanJson.read(PLAN.replace("vg", "\\u0076\\u0067"))).isEqualTo(plan);
  }

  @Test
  void writesASegmentALine() throws JsonException {
    assertThat(PlanJson.write(PlanJson.read(PLAN)).lines())
        .contains(
            "  \"seqno\": 7,",
            "    {\"logical_volume\": \"home\", \"logical_extent\": 0, \"stripe\": 0, \"source\":"
                + " {\"pv\": \"000000-0000-0000-0000-0000-0000-000002\", \"first\": 0, \"count\":"
                + " 4}, \"destination\": {\"pv\": \"000000-0000-0000-0000-0000-0000-000003\","
                + " \"first\": 8, \"count\": 4}}",
            "    {\"logical_volume\": \"root\", \"reason\": \"image_of_a_move\"}",
            "    \"/dev/sdc\": \"it is full\"");
  }

  @Test
  void writesTheSameInEveryLanguage() throws JsonException {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(PlanJson.read(PlanJson.write(PlanJson.read(PLAN)))).isEqualTo(PlanJson.read(PLAN));
    } finally {
      Locale.setDefault(before);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPlanThatWasKeptAsJsonIsCarriedOut(boolean atomic) throws IOException, JsonException {
    Images images = Images.small(directory);
    MovePlan plan = images.plan(MoveRequest.from(images.name(0)).atomic(atomic).build());
    try (DeviceSet devices = DeviceSet.open(images.paths().toArray(new Path[0]))) {
      PvMover mover = PvMover.builder(devices, "vg").build();
      assertThat(mover.execute(PlanJson.read(PlanJson.write(plan))))
          .isInstanceOf(MoveOutcome.Completed.class);
    }
    assertThat(images.used(0)).isZero();
    assertThat(images.firstDifference()).isEmpty();
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "vg"           | 7              | line 2, column 19 (volume_group): expected a string, found 7
          "seqno": 7     | "seqno": -1    | line 4, column 12 (seqno): expected a whole number from 0 to 9223372036854775807, found -1
          "seqno": 7     | "seqno": 7.5   | (seqno): expected a whole number from 0 to 9223372036854775807, found 7.5
          "seqno": 7     | "seqno": "7"   | (seqno): expected a whole number from 0 to 9223372036854775807, found "7"
          "seqno": 7     | "seqno": 9223372036854775808 | (seqno): expected a whole number from 0 to 9223372036854775807, found 9223372036854775808
          "seqno": 7,    | ``             | line 1, column 1: expected a member "seqno", found none
          "seqno": 7     | "seqno": 7, "seqno": 7 | line 4, column 22: expected JSON (RFC 8259), found something else: Duplicate field 'seqno'
          "seqno": 7     | "version": 7   | line 4, column 14 (version): expected one of the members volume_group,
          "seqno": 7     | "seqno": 07    | line 4, column 13: expected JSON (RFC 8259), found something else: Invalid numeric value: Leading zeroes not allowed
          "seqno": 7     | "seqno": +7    | line 4, column 13: expected JSON (RFC 8259), found something else: Unexpected character ('+' (code 43)) in numeric value
          "seqno": 7     | seqno: 7       | line 4, column 3: expected JSON (RFC 8259), found something else: Unexpected character ('s' (code 115)): was expecting double-quote to start field name
          "seqno": 7     | "seqno" 7      | line 4, column 11: expected JSON (RFC 8259), found something else: Unexpected character ('7' (code 55)): was expecting a colon
          : false        | : 0            | (joined): expected true or false, found 0
          : false        | : null         | (joined): expected true or false, found null
          : false        | : fals         | line 7, column 13: expected JSON (RFC 8259), found something else: Unrecognized token 'fals'
          "first": 8     | "first": "x"   | (segments[0].destination.first): expected a whole number from 0 to 9223372036854775807, found "x"
          "first": 8     | "first": 9223372036854775806 | (segments[0].destination.count): expected a whole number from 1 to 1, found 4
          "first": 8, "count": 4 | "first": 8, "count": 5 | (segments[0].destination): expected as many extents as at the source, found an object
          0000003"       | 000003"        | (segments[0].destination.pv): expected a uuid of LVM2 (expected 32 characters
          "image_of_a_move" | "asleep"    | (skipped[0].reason): expected one of locked, image_of_a_move, left_over, converting,
          "it is full"   | []             | (unused./dev/sdc): expected a string, found an array
          [1, 2]         | [1, -2]        | (cost.metadata_bytes[1]): expected a whole number from 0 to 9223372036854775807, found -2
          [1, 2]         | [1, 2,]        | expected JSON (RFC 8259), found something else: Unexpected character (']' (code 93)): expected a valid value
          [1, 2]         | {}             | (cost.metadata_bytes): expected an array, found an object
          "home"         | "ho\\me"       | expected JSON (RFC 8259), found something else: Unrecognized character escape 'm'
          "home"         | "ho\\u00g0"    | expected JSON (RFC 8259), found something else: Unexpected character ('g' (code 103)): expected a hex-digit
          """)
  void refusesWhatIsNoPlanAndSaysWhere(String old, String changed, String message) {
    assertThat(PLAN).contains(old);
    assertThatExceptionOfType(JsonException.class)
        .isThrownBy(() -> PlanJson.read(PLAN.replace(old, changed)))
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``     | line 1, column 1: expected a value, found the end of the text
          []     | line 1, column 1: expected an object, found an array
          {} {}  | line 1, column 4: expected the end of the text, found "{"
          "x     | line 1, column 3: expected JSON (RFC 8259), found something else: Unexpected end-of-input: was expecting closing quote for a string value
          """)
  void refusesOtherTexts(String text, String message) {
    assertThatExceptionOfType(JsonException.class)
        .isThrownBy(() -> PlanJson.read(text))
        .withMessage(message);
  }

  @Test
  void refusesTextsThatAreTooDeep() {
    assertThatExceptionOfType(JsonException.class)
        .isThrownBy(() -> PlanJson.read("[".repeat(1_000_000)))
        .withMessageContaining("exceeds the maximum allowed (64");
  }

  @Test
  void tellsPlaceAndKindOfAnErrorAsData() {
    assertThatExceptionOfType(JsonException.class)
        .isThrownBy(() -> PlanJson.read(PLAN.replace("\"pvmove0\"", "[]")))
        .satisfies(
            e -> {
              assertThat(e.line()).isEqualTo(6);
              assertThat(e.column()).isEqualTo(11);
              assertThat(e.path()).isEqualTo("move");
              assertThat(e.expected()).isEqualTo("a string");
              assertThat(e.found()).isEqualTo("an array");
            });
  }
}
