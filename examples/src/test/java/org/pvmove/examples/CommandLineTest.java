// SPDX-License-Identifier: Apache-2.0
package org.pvmove.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pvmove.device.DeviceSet;

class CommandLineTest {
  @TempDir private Path directory;
  private Images images;

  @BeforeEach
  void makeImages() throws IOException {
    images = Images.small(directory);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          --unknown A                 | Unknown option
          -n home                     | -n needs the physical volume
          --atomic                    | --atomic needs the physical volume
          --list --strict             | --strict needs the physical volume
          --abort -n home A           | -n needs the physical volume
          --abort A B                 | --abort takes one physical volume
          --plan --test A             | --plan and --test exclude each other
          --list A                    | --list goes with --devices only
          --list --plan               | --list goes with --devices only
          --devices                   | --devices
          --devices A B               | expected every device once
          --devices ,,D               | expected paths with commas between them
          nowhere.img                 | "nowhere.img" is not a physical volume
          /dev/sda                    | "/dev/sda" is not a physical volume
          nowhere.img:0-3             | "nowhere.img" is not a physical volume
          @fast                       | expected a physical volume to move from, found a tag
          A --also-from @fast         | expected a physical volume to move from, found a tag
          A --also-from nowhere.img   | "nowhere.img" is not a physical volume
          --abort A:0-3               | expected a physical volume, found ranges of extents
          --abort --alloc normal A    | --alloc needs the physical volume
          A --alloc best              | expected one of contiguous, cling, cling_by_tags, normal
          A --alloc                   | Missing required parameter for option '--alloc'
          A --cling-tags fast         | --cling-tags goes with --alloc cling_by_tags
          A --max-segment 0           | expected a whole number above 0
          A --max-segment 1.5g        | expected a whole number above 0
          A --max-segment 9999999t    | expected a size below 8 EiB, found "9999999t"
          --plan --reportformat json  | --reportformat json needs the physical volume
          --list --map - --reportformat json | --map - does not go with --reportformat json
          --report pvs --list         | --list and --report exclude each other
          --report pvs A              | --report goes with --devices only
          --report pvs --map m.svg    | --map does not go with --report
          --report pv                 | expected one of pvs, pvsegs, vgs, lvs, lvsegs, found "pv"
          --list -o pv_name           | -o goes with --report
          --explain                   | --explain goes with a physical volume
          --explain --plan A          | --explain goes with a physical volume
          A --rate 0                  | expected a whole number above 0
          --abort --rate 1m           | --rate goes with moving or restarting
          A --plan --rate 1m          | --rate goes with moving
          A --plan -i 3               | -i goes with moving
          A --test -b                 | -b goes with moving
          A -i -1                     | expected seconds, 0 or more
          A -i soon                   | expected seconds, 0 or more
          A --log x.log               | --log goes with --background
          A -b --log nowhere/x.log    | --log: expected a file that can be written, found that nowhere/x.log cannot
          A -b --log .                | --log: expected a file that can be written, found that . cannot: Is a directory
          A -q -v                     | --quiet and --verbose exclude each other
          A --system --rate 1m        | --rate does not go with --system
          A --plan --reportformat xml | expected basic, json or json_std, found "xml"
          A --on-read-error go        | expected stop, retry, retry=N, skip or skip=N, found "go"
          A --on-read-error stop=2    | expected stop without a number, found "stop=2"
          A --on-read-error retry=0   | expected 1 to 1000 attempts, found "retry=0"
          A --on-read-error skip=1001 | expected 1 to 1000 attempts, found "skip=1001"
          --elsewhere                 | --elsewhere goes with a new move
          --abort --elsewhere         | --elsewhere goes with a new move
          --abort --on-read-error skip| --on-read-error goes with moving or restarting
          --abort --verify            | --verify goes with moving or restarting
          --list --verify             | --verify goes with moving or restarting
          --list --nolocking          | --nolocking does not go with --list
          --list --lock-timeout 1     | --lock-timeout does not go with --list
          A --nolocking --locking-dir D | --nolocking and --locking-dir exclude each other
          A --lock-timeout -1         | --lock-timeout: expected seconds, 0 or more, found -1
          A --lock-timeout soon       | Invalid value for option '--lock-timeout'
          A --lvm /sbin/lvm           | --lvm goes with --system
          A --system --verify         | --verify does not go with --system
          A --system --elsewhere      | --elsewhere does not go with --system
          A --system --on-read-error skip | --on-read-error does not go with --system
          --system --nolocking        | --nolocking does not go with --system
          --list --system             | --list does not go with --system
          A -n other/home             | expected a logical volume of "vg"
          A -n /dev/other/home        | expected a logical volume of "vg"
          A -n /dev/home              | expected /dev/VG/LV
          A -n vg/                    | expected a name
          A -n ho$me                  | expected a name
          A --exclude other/home      | --exclude "other/home": expected a logical volume of "vg"
          """)
  void refusesAWrongCommandLineWithExitCode3(String arguments, String message) {
    Result result = images.pvmove(words(arguments));
    assertThat(result.err()).contains(message);
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          C                           | no data to move on
          C -n home                   | no data to move on
          A -n nothere                | logical volume "nothere" was not found in volume group "vg"
          A nowhere.img               | physical volume "nowhere.img" was not found in volume group "vg"
          A A                         | insufficient free space: 16 extents needed, but only 0 available
          --abort nowhere.img         | "nowhere.img" is not a physical volume
          A --exclude nothere         | logical volume "nothere" was not found in volume group "vg"
          A:                          | expected a range of extents, found nothing
          A:3-1                       | expected a range within the extents 0 to 55, found 3 to 1
          A:50+7                      | expected a range within the extents 0 to 55, found 50 to 56
          A:0x3                       | expected digits, '-', '+' or ':', found 'x'
          A:4294967296                | expected a number up to 4294967295, found 4294967296
          A:20-                       | no data to move on
          A B:0-3                     | it has no free extents in the given range
          A @fast                     | @fast: no physical volume has this tag
          """)
  void failsWithExitCode5WhereTheRequestIsNotPossible(String arguments, String message) {
    Result result = images.pvmove(words(arguments));
    assertThat(result.err()).contains(message);
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void printsEveryReasonOfARejectedPlan() {
    Result result = images.pvmove(images.name(0), "x.img", "y.img", "-n", "z");
    assertThat(result.err().lines())
        .containsExactly(
            "  physical volume \"x.img\" was not found in volume group \"vg\"",
            "  physical volume \"y.img\" was not found in volume group \"vg\"",
            "  logical volume \"z\" was not found in volume group \"vg\"");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void demandsDevices() {
    Result result = Result.ofPvmove("a.img");
    assertThat(result.err()).contains("Missing required option: '--devices");
    assertThat(result.exitCode()).isEqualTo(3);
    Result none = Result.ofPvmove("--devices", ",");
    assertThat(none.err()).contains("expected paths with commas between them");
    assertThat(none.exitCode()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"--help", "-h", "--version"})
  void answersWithoutDevices(String option) {
    Result result = Result.ofPvmove(option);
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("pvmove");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void namesADeviceThatIsNotThere() {
    Result result = Result.ofPvmove("--devices", directory.resolve("none.img").toString());
    assertThat(result.err()).contains("none.img: there is no such file or device");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void refusesADirectoryAsADevice() {
    Result result = Result.ofPvmove("--devices", directory.toString(), "--list");
    assertThat(result.err()).contains("a directory");
    assertThat(result.exitCode()).isEqualTo(5);
  }

  @Test
  void takesTheDevicesInSeveralOptionsToo() {
    Result result =
        Result.ofPvmove(
            "--devices",
            images.name(0),
            "--devices=" + images.name(1) + "," + images.name(2),
            "--plan",
            images.name(0));
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void seesThatTwoPathsLeadToOneDevice() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), images.path(0));
    Result result = images.pvmove("--devices", link.toString(), images.name(0));
    assertThat(result.err()).contains("expected every device once", "link");
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void printsWhereAFailureComesFromOnlyWhenAskedForTwice() throws Exception {
    String none = directory.resolve("none.img").toString();
    assertThat(Result.ofPvmove("--devices", none, "-v").err()).doesNotContain("\tat ");
    // In a process of its own, for it also makes the library's log say more.
    try (ChildProgram pvmove = ChildProgram.pvmove("--devices", none, "-vv")) {
      assertThat(pvmove.exitCode()).isEqualTo(5);
      assertThat(pvmove.output()).contains("\tat ");
    }
  }

  @Test
  void movesWhileAnotherProgramHasTheDevicesOpenForWriting() throws IOException {
    try (DeviceSet holder = DeviceSet.open(images.path(1))) {
      Result result = images.pvmove(images.name(0));
      assertThat(holder.devices()).hasSize(1);
      assertThat(result.err()).isEmpty();
      assertThat(result.exitCode()).isZero();
    }
  }

  /** A, B and C stand for the images, also before a colon. */
  private String[] words(String arguments) {
    String[] words = arguments.split(" ", -1);
    for (int i = 0; i < words.length; i++) {
      int image = "ABC".indexOf(words[i].charAt(0));
      if (image >= 0 && (words[i].length() == 1 || words[i].charAt(1) == ':')) {
        words[i] = images.name(image) + words[i].substring(1);
      }
    }
    return words;
  }
}
