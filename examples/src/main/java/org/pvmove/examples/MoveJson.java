// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.common.collect.Lists;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.pvmove.execute.BadRange;
import org.pvmove.execute.MoveOutcome;
import org.pvmove.execute.Progress;
import org.pvmove.execute.Receipt;
import org.pvmove.plan.PlanResult;
import org.pvmove.plan.Rejection;
import org.pvmove.plan.Remedy;

/**
 * Moves as lines of JSON, each an object with one member that says what it is: {@code progress},
 * {@code lost}, {@code outcome} or {@code rejected}. Bytes are bytes, times seconds.
 */
final class MoveJson {
  private MoveJson() {}

  /** Shows progress as lines, one for each report that the interval wants. */
  static ProgressDisplay display(Console console, Interval interval) {
    return new ProgressDisplay() {
      @Override
      public Duration interval() {
        return interval.time();
      }

      @Override
      public void show(String source, Progress.Report report) {
        if (interval.wants(report)) {
          console.print(progress(source, report));
        }
      }
    };
  }

  static String progress(String source, Progress.Report report) {
    return JsonText.line(
        "progress",
        json -> {
          json.writeStringField("move", report.move());
          json.writeStringField("source", source);
          json.writeNumberField("bytes_done", report.bytesDone());
          json.writeNumberField("bytes", report.bytes());
          if (report.segment().isPresent()) {
            json.writeNumberField("segment", report.segment().get().index());
          }
          json.writeNumberField("segments", report.segments());
          json.writeNumberField("bytes_per_second", (long) report.bytesPerSecond());
          json.writeNumberField("average_bytes_per_second", (long) report.averageBytesPerSecond());
          if (report.timeLeft().isPresent()) {
            Progress.TimeLeft left = report.timeLeft().get();
            json.writeNumberField("seconds_left", left.expected().toSeconds());
            json.writeNumberField("least_seconds_left", left.least().toSeconds());
            json.writeNumberField("most_seconds_left", left.most().toSeconds());
          }
          json.writeBooleanField("over", report.over());
        });
  }

  /** What could not be read, and is lost. */
  static String lost(String volumeGroup, BadRange range) {
    return JsonText.line(
        "lost",
        json -> {
          json.writeStringField("device", range.device());
          json.writeNumberField("byte_offset", range.byteOffset());
          json.writeNumberField("byte_count", range.byteCount());
          json.writeStringField("volume_group", volumeGroup);
          json.writeStringField("logical_volume", range.logicalVolume());
          json.writeNumberField("logical_volume_byte_offset", range.logicalVolumeOffset());
        });
  }

  /**
   * How moving ended.
   *
   * @param goOn the command line that goes on; absent if nothing is left to be done
   * @param giveUp the command line that gives it up; absent with the other one
   */
  static String outcome(MoveOutcome outcome, @Nullable String goOn, @Nullable String giveUp) {
    return JsonText.line(
        "outcome",
        json -> {
          json.writeStringField("result", result(outcome));
          json.writeStringField("volume_group", outcome.volumeGroup().volumeGroup().name());
          json.writeNumberField("seqno", outcome.volumeGroup().volumeGroup().seqno());
          if (outcome instanceof MoveOutcome.Stopped stopped) {
            json.writeStringField("move", stopped.move());
            json.writeStringField("reason", stopped.reason());
            json.writeBooleanField("on_request", stopped.failure() == null);
          }
          if (goOn != null) {
            json.writeStringField("to_go_on", goOn);
          }
          if (giveUp != null) {
            json.writeStringField("to_give_up", giveUp);
          }
          json.writeNumberField("bytes_copied", outcome.work().bytesCopied());
          json.writeNumberField(
              "bytes_lost", outcome.work().lost().stream().mapToLong(BadRange::byteCount).sum());
          JsonText.strings(json, "repairs", outcome.work().repairs());
          JsonText.objects(json, "receipts", outcome.work().receipts(), MoveJson::receipt);
        });
  }

  private static String result(MoveOutcome outcome) {
    if (outcome instanceof MoveOutcome.Stopped) {
      return "stopped";
    }
    return outcome instanceof MoveOutcome.CompletedWithLosses
        ? "completed_with_losses"
        : "completed";
  }

  private static void receipt(JsonGenerator json, Receipt receipt) throws IOException {
    json.writeStringField("move", receipt.move());
    json.writeNumberField("segment", receipt.segment());
    json.writeStringField("source", receipt.source());
    json.writeNumberField("source_offset", receipt.sourceOffset());
    json.writeStringField("destination", receipt.destination());
    json.writeNumberField("destination_offset", receipt.destinationOffset());
    json.writeNumberField("byte_count", receipt.byteCount());
    json.writeNumberField("bytes_found", receipt.bytesFound());
    json.writeNumberField("bytes_skipped", receipt.bytesSkipped());
    json.writeStringField("crc32", receipt.checksum().toString());
    json.writeStringField(
        "verified",
        switch (receipt.verified()) {
          case NO -> "no";
          case AS_READ -> "as_read";
          case ON_DISK -> "on_disk";
        });
  }

  /** Why there is no plan. */
  static String rejected(PlanResult.Rejected rejected) {
    return JsonText.line(
        "rejected",
        json -> {
          JsonText.strings(
              json, "reasons", Lists.transform(rejected.reasons(), Rejection::message));
          JsonText.strings(json, "remedies", Lists.transform(rejected.remedies(), Remedy::message));
        });
  }
}
